import type { ClaimDeliveriesResponse } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { Counts } from "../../src/statistics/counts.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

export const LEASE_MS = 30_000;
export const MINUTE = 60_000;

/** A bot of one test: its clock, and calls with what most of them share. */
export function deliveryBot(storage: TestStorage) {
  const clock = testClock();
  /** Deliveries as they were counted for the statistics, by name. */
  const counted: Record<string, number> = {};
  const add: Counts["add"] = (count, by = 1) => {
    if (count.startsWith("deliveries_")) counted[count] = (counted[count] ?? 0) + by;
  };
  const client = storage.client(clock, { add });
  const botId = unique("bot");
  const create = async (userId = unique("user"), tracks = [track()], more: object = {}) => {
    const deliveries = tracks.map((one) => ({ track: one }));
    // What is asked for later is later: no two have the same moment.
    clock.advance(1);
    const created = await client.createDeliveries({
      botId,
      requestKey: unique("update"),
      userId,
      chatId: 7n,
      deliveries,
      ...more,
    });
    return { userId, batchId: created.batch?.id ?? "", ids: created.deliveryIds };
  };
  const claim = async (limit = 100, claimer = "one", more: object = {}) =>
    (await client.claimDeliveries({ botId, claimer, limit, limitPerBatch: 20, leaseMs: LEASE_MS, ...more })).deliveries;
  const send = async (held: Held) => {
    await client.beginSend(name(held));
    return client.completeDelivery({
      ...name(held),
      outcome: { case: "sent", value: { messageId: 99n, telegramFileId: "file" } },
    });
  };
  const fail = (held: Held, value: object) =>
    client.completeDelivery({ ...name(held), outcome: { case: "failed", value: { reason: "SOURCE_UNAVAILABLE", ...value } } });
  return { clock, counted, client, botId, create, claim, send, fail };
}

/** A claimed delivery, if there was one. */
export type Held = ClaimDeliveriesResponse["deliveries"][number] | undefined;

/** What its holder calls it by. */
export function name(held: Held): { deliveryId: string; token: bigint } {
  return { deliveryId: held?.delivery?.id ?? "", token: held?.token ?? 0n };
}

export function positions(held: readonly Held[]): (number | undefined)[] {
  return held.map((one) => one?.delivery?.position);
}
