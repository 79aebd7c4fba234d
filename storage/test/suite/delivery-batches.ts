import { Code } from "@connectrpc/connect";
import { BatchState, DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import type { TestStorage } from "../test-storage.js";
import { deliveryBot, MINUTE, name, positions } from "./delivery-bot.js";

/** Deliveries next to others: order, turns, pauses, withdrawals. */
export function deliveryBatchesSuite(storage: () => TestStorage): void {
  describe("deliveries among others", { timeout: 60_000 }, () => {
    test("take turns between users: who asks for one does not wait for who asked for many", async () => {
      const { clock, create, claim } = deliveryBot(storage());
      for (let i = 0; i < 10; i++) await create("greedy");
      clock.advance(10);
      await create("modest");
      const owners = (await claim(3)).map(({ delivery }) => delivery?.userId);
      expect(owners.slice(0, 2)).toEqual(["greedy", "modest"]);
      expect(owners[2]).toBe("greedy");
    });

    test("of a batch and of single taps take turns too, whoever was alone before", async () => {
      const { clock, create, claim, send } = deliveryBot(storage());
      await create(
        "album",
        Array.from({ length: 20 }, () => track()),
      );
      for (let i = 0; i < 10; i++) for (const held of await claim(1)) await send(held);
      clock.advance(1_000);
      for (let i = 0; i < 3; i++) await create("other");
      const owners: string[] = [];
      for (let i = 0; i < 6; i++) {
        for (const held of await claim(1)) {
          owners.push(held.delivery?.userId ?? "");
          await send(held);
        }
      }
      expect(owners.filter((owner) => owner === "album")).toHaveLength(3);
    });

    test("of a batch go to one claimer, a few at a time, in their order", async () => {
      const { create, claim, send } = deliveryBot(storage());
      await create(
        "a",
        Array.from({ length: 5 }, () => track()),
      );
      const first = await claim(100, "one", { limitPerBatch: 2 });
      expect(positions(first)).toEqual([0, 1]);
      expect(await claim(100, "two")).toEqual([]);
      expect(await claim(100, "one", { limitPerBatch: 2 })).toEqual([]);
      await send(first[0]);
      expect(positions(await claim(100, "one", { limitPerBatch: 2 }))).toEqual([2]);
    });

    test("of a batch are sent in their order", async () => {
      const { client, create, claim, send } = deliveryBot(storage());
      await create("a", [track(), track()]);
      const [first, second] = await claim();
      await expectRefusal(client.beginSend(name(second)), Code.FailedPrecondition, "NOT_ITS_TURN");
      await send(first);
      await send(second);
    });

    test("that failed wait for their next attempt, longer each time, and hold the rest of their batch", async () => {
      const { clock, create, claim, fail } = deliveryBot(storage());
      await create("a", [track(), track()]);
      let waitedMs = 0;
      for (let attempt = 1; attempt <= 5; attempt++) {
        const [held] = await claim(1);
        expect(held?.delivery).toMatchObject({ position: 0, attempts: attempt, failureReason: "" });
        const { delivery } = await fail(held, { retryable: true });
        const dueMs = Number(delivery?.notBefore?.seconds) * 1_000 + (delivery?.notBefore?.nanos ?? 0) / 1e6 - clock().getTime();
        expect(dueMs).toBeGreaterThan(waitedMs);
        expect(await claim()).toEqual([]);
        clock.advance(dueMs);
        waitedMs = dueMs;
      }
      // After five attempts it is handed out to tell the listener, and for nothing else.
      const [farewell] = await claim(1);
      expect(farewell?.delivery).toMatchObject({ position: 0, failureReason: "SOURCE_UNAVAILABLE" });
      const answer = await fail(farewell, { retryable: true });
      expect(answer.delivery).toMatchObject({ state: DeliveryState.FAILED, failureReason: "SOURCE_UNAVAILABLE" });
      expect(positions(await claim())).toEqual([1]);
    });

    test("are withdrawn by their user, claimed ones too, but not what is on its way", async () => {
      const { client, create, claim, botId } = deliveryBot(storage());
      const { userId, ids } = await create(unique("user"), [track(), track(), track(), track()]);
      const [first, second] = await claim(2);
      await client.beginSend(name(first));
      expect(await client.cancelDeliveries({ userId, botId, deliveryId: ids[3] ?? "" })).toMatchObject({
        cancelled: 1,
        sending: 0,
      });
      expect(await client.cancelDeliveries({ userId, botId })).toMatchObject({ cancelled: 2, sending: 1 });
      expect(await client.cancelDeliveries({ userId, botId })).toMatchObject({ cancelled: 0, sending: 1 });
      await expectRefusal(client.beginSend(name(second)), Code.FailedPrecondition, "LEASE_LOST");
      const answer = await client.completeDelivery({ ...name(first), outcome: { case: "sent", value: { messageId: 1n } } });
      expect(answer.batch).toMatchObject({ state: BatchState.FINISHED, counts: { sent: 1, cancelled: 3 } });
    });

    test("of another user, bot or batch are not withdrawn", async () => {
      const { client, create, botId } = deliveryBot(storage());
      const { userId, batchId } = await create();
      for (const other of [
        { userId: "b", botId },
        { userId, botId: "b" },
        { userId, botId, batchId: "1" },
      ]) {
        expect(await client.cancelDeliveries(other)).toMatchObject({ cancelled: 0 });
      }
      expect(await client.cancelDeliveries({ userId, botId, batchId })).toMatchObject({ cancelled: 1 });
    });

    test("of a paused batch are not handed out, and taken back from their claimer", async () => {
      const { client, clock, create, claim, send } = deliveryBot(storage());
      const { userId, batchId } = await create(unique("user"), [track(), track()]);
      const [first] = await claim(1);
      expect((await client.pauseBatch({ userId, batchId })).batch).toMatchObject({
        state: BatchState.PAUSED,
        counts: { pending: 2 },
      });
      await expectRefusal(client.beginSend(name(first)), Code.FailedPrecondition, "LEASE_LOST");
      clock.advance(MINUTE);
      expect(await claim(100, "two")).toEqual([]);
      expect((await client.resumeBatch({ userId, batchId })).batch?.state).toBe(BatchState.RUNNING);
      const held = await claim(100, "two");
      expect(held.map(({ delivery }) => delivery?.attempts)).toEqual([1, 1]);
      for (const one of held) await send(one);
    });

    test("that expire while their batch is paused are handed out to tell the listener", async () => {
      const { client, clock, create, claim } = deliveryBot(storage());
      const { userId, batchId } = await create(unique("user"), [track()], { ttlSeconds: 60 });
      await client.pauseBatch({ userId, batchId });
      clock.advance(MINUTE);
      expect((await claim())[0]?.delivery?.failureReason).toBe("EXPIRED");
    });

    test("of a batch are their user's alone", async () => {
      const { client, create } = deliveryBot(storage());
      const { batchId } = await create();
      const stranger = { userId: "stranger", batchId };
      for (const call of [client.pauseBatch, client.resumeBatch, client.retryBatch]) {
        await expectRefusal(call(stranger), Code.NotFound, "BATCH_NOT_FOUND");
      }
    });
  });
}
