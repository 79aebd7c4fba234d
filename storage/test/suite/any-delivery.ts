import * as fc from "fast-check";
import { describe, test } from "vitest";
import { answersAnything, format, optional, size, SLOW_MS, text, track } from "../arbitraries.js";
import { track as sample, unique } from "../samples.js";
import type { StorageClient, TestStorage } from "../test-storage.js";

const name = fc.oneof(text(50), fc.uuid());
const chatId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const number = fc.nat({ max: 2 ** 32 - 1 });
const context = fc.uint8Array({ maxLength: 4_100 });
const limits = { limit: fc.nat({ max: 102 }), limitPerBatch: fc.nat({ max: 21 }), leaseMs: fc.nat({ max: 600_001 }) };

/** Whatever a caller says of deliveries: an answer, or a refusal that blames the input. */
export function anyDeliverySuite(storage: () => TestStorage): void {
  let made: StorageClient | undefined;
  const client = () => (made ??= storage().client());

  /** One that is held, so that what is fuzzed comes through to the end. */
  const held = async () => {
    const [botId, userId] = [unique("bot"), unique("user")];
    const request = { botId, requestKey: "1", userId, chatId: 1n, deliveries: [{ track: sample() }] };
    const { batch } = await client().createDeliveries(request);
    const [claimed] = (await client().claimDeliveries({ botId, claimer: "one" })).deliveries;
    const deliveryId = claimed?.delivery?.id ?? "";
    return { deliveryId, token: claimed?.token ?? 0n, batchId: batch?.id ?? "", botId, userId };
  };

  describe("any input", { timeout: SLOW_MS }, () => {
    test("is good enough for CreateDeliveries and ClaimDeliveries", () => {
      const delivery = fc.record({ track, format }, { requiredKeys: ["track"] });
      const request = { requestKey: text(100), userId: text(50), chatId, title: text(300), context, cardMessageId: chatId };
      const created = fc.record({
        ...request,
        ttlSeconds: fc.nat({ max: 604_801 }),
        deliveries: fc.array(delivery, { maxLength: 3 }),
      });
      return answersAnything(
        fc.record({ botId: text(50), created, claimed: fc.record({ claimer: text(100), ...limits }) }),
        async ({ botId, created: batch, claimed }) => {
          await client().createDeliveries({ botId, ...batch });
          await client().claimDeliveries({ botId, ...claimed });
        },
      );
    });

    test("is good enough for UpdateDelivery, RenewLease and BeginSend", () =>
      answersAnything(
        fc.record({ cardMessageId: optional(chatId), taskId: optional(text(100)), leaseMs: number }),
        async (more) => {
          const { deliveryId, token } = await held();
          const { cardMessageId, taskId, leaseMs } = more;
          const notes = { ...(cardMessageId !== undefined && { cardMessageId }), ...(taskId !== undefined && { taskId }) };
          await client().updateDelivery({ deliveryId, token, ...notes });
          await client().renewLease({ leases: [{ deliveryId, token }], leaseMs });
          await client().beginSend({ deliveryId, token });
        },
      ));

    test("is good enough for CompleteDelivery", () => {
      const sent = fc.record({ messageId: chatId, telegramFileId: text(300), save: fc.boolean(), sizeBytes: size });
      const failed = fc.record({
        reason: fc.oneof(text(50), fc.constant("SOME_REASON")),
        retryable: fc.boolean(),
        retryAfterMs: number,
        maybeSent: fc.boolean(),
      });
      const outcome = fc.oneof(
        sent.map((value) => ({ case: "sent" as const, value })),
        failed.map((value) => ({ case: "failed" as const, value })),
        fc.constant({ case: "cancelled" as const, value: {} }),
      );
      return answersAnything(outcome, async (ending) => {
        const { deliveryId, token } = await held();
        await client().beginSend({ deliveryId, token });
        await client().completeDelivery({ deliveryId, token, outcome: ending });
      });
    });

    test("is good enough for names of deliveries and batches", () =>
      answersAnything(
        fc.record({ deliveryId: name, batchId: name, userId: text(50), botId: text(50), token: size }),
        async (names) => {
          const { deliveryId, batchId, userId, botId, token } = names;
          await client().cancelDeliveries({ userId, botId, batchId, deliveryId });
          await client().renewLease({ leases: [{ deliveryId, token }] });
          for (const call of [client().pauseBatch, client().resumeBatch, client().retryBatch, client().getBatch]) {
            await call({ userId, batchId });
          }
          await client().beginSend({ deliveryId, token });
        },
      ));
  });
}
