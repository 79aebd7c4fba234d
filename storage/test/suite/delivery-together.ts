import { BatchState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { until } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { LEASE_MS, type Real } from "../delivery-model/commands.js";
import { Actor, FINAL, scripts, type History, type Passed } from "../delivery-model/together.js";
import { createPatientBell } from "../patient-bell.js";
import { track, unique } from "../samples.js";
import { testClock, type TestStorage } from "../test-storage.js";

const SLOW_MS = 240_000;
const RUNS = 30;
/** As long as a claimer may wait. */
const WAKE_MS = 30_000;

/** Deliveries in the hands of several callers at the same time. */
export function deliveryTogetherSuite(storage: () => TestStorage): void {
  const uploadsOf = async (botId: string) => {
    const { rows } = await storage().pool.query<{ times: number }>(
      "SELECT count(*)::int AS times FROM deliveries WHERE bot_id = $1 AND state IN (2, 3) AND uploads GROUP BY track_key, format",
      [botId],
    );
    return rows.map(({ times }) => times);
  };

  /** Lets all batches run, and works until nothing is left. */
  const finish = async (real: Real, history: History) => {
    const worker = new Actor("the last", real, history);
    const isOver = async () => {
      const { queue } = await openOf(storage(), real.botId);
      return queue === 0;
    };
    for (const { batchId, userId } of history.created) await real.client.resumeBatch({ batchId, userId });
    for (let round = 0; !(await isOver()); round++) {
      if (round > 1_000) throw new Error("some delivery never ends");
      if ((await worker.work(100, "sent")) === 0) real.clock.advance(LEASE_MS);
    }
  };

  describe("deliveries among several callers", { timeout: SLOW_MS }, () => {
    test("are lost by nobody, claimed once at a time, and fenced", async () => {
      await fc.assert(
        fc.asyncProperty(scripts, async (played) => {
          const clock = testClock();
          const real: Real = {
            client: storage().client(clock),
            clock,
            botId: unique("bot"),
            tracks: [track(), track(), track()],
          };
          const history: History = { created: [], claims: [], passed: [] };
          await Promise.all(played.map((script, index) => new Actor(`actor ${index}`, real, history).play(script)));
          expect((await uploadsOf(real.botId)).filter((times) => times > 1)).toEqual([]);
          await finish(real, history);

          expectNoDoubleClaim(history);
          expectFenced(history.passed);
          for (const { batchId, ids } of history.created) {
            const { batch, deliveries } = await real.client.getBatch({ batchId });
            expect(batch?.state).toBe(BatchState.FINISHED);
            expect(deliveries.map(({ id }) => id)).toEqual(ids);
            expect(deliveries.filter(({ state }) => !FINAL.has(state))).toEqual([]);
          }
        }),
        { numRuns: RUNS },
      );
    });

    test("of one track are uploaded by one of many claimers, and the others get its file id", async () => {
      const clock = testClock();
      const [client, botId, one] = [storage().client(clock), unique("bot"), track()];
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          client.createDeliveries({
            botId,
            requestKey: `${index}`,
            userId: `${index}`,
            chatId: 1n,
            deliveries: [{ track: one }],
          }),
        ),
      );
      const claimAll = () =>
        Promise.all(Array.from({ length: 10 }, (_, index) => client.claimDeliveries({ botId, claimer: `${index}`, limit: 10 })));
      const first = (await claimAll()).flatMap(({ deliveries }) => deliveries);
      expect(first).toHaveLength(1);
      const held = { deliveryId: first[0]?.delivery?.id ?? "", token: first[0]?.token ?? 0n };
      await client.beginSend(held);
      await client.completeDelivery({ ...held, outcome: { case: "sent", value: { messageId: 1n, telegramFileId: "file" } } });
      const others = (await claimAll()).flatMap(({ deliveries }) => deliveries);
      expect(new Set(others.map(({ delivery }) => delivery?.id)).size).toBe(39);
      expect(new Set(others.map(({ delivery }) => delivery?.telegramFileId))).toEqual(new Set(["file"]));
    });

    test("wake a claimer that waits, and no other", { timeout: WAKE_MS }, async () => {
      const bell = createPatientBell();
      onTestFinished(() => bell.close());
      const [client, botId] = [storage().client(undefined, undefined, bell), unique("bot")];
      const waiting = ["one", "two"].map((claimer) => client.claimDeliveries({ botId, claimer, waitMs: WAKE_MS }));
      await until(() => bell.waiting === waiting.length);
      await client.createDeliveries({ botId, requestKey: "1", userId: "a", chatId: 1n, deliveries: [{ track: track() }] });
      const first = await Promise.race(waiting);
      expect(first.deliveries).toHaveLength(1);
      bell.close();
      const counts = (await Promise.all(waiting)).map(({ deliveries }) => deliveries.length);
      expect(counts.toSorted((one, other) => one - other)).toEqual([0, 1]);
    });
  });
}

async function openOf({ pool }: TestStorage, botId: string): Promise<{ queue: number }> {
  const { rows } = await pool.query<{ queue: number }>(
    "SELECT coalesce(sum(open), 0)::int AS queue FROM delivery_batches WHERE bot_id = $1",
    [botId],
  );
  return { queue: rows[0]?.queue ?? 0 };
}

/** Each token of a delivery was given to one claimer. */
function expectNoDoubleClaim({ claims }: History): void {
  const names = claims.map(({ deliveryId, token }) => `${deliveryId} ${token}`);
  expect(names.length).toBe(new Set(names).size);
}

/** Once a later holder's call was let through, no call of an earlier holder is, if it began after that. Nothing is begun after its end. */
function expectFenced(passed: readonly Passed[]): void {
  for (const late of passed) {
    const overtaken = passed.filter(
      (other) =>
        other.deliveryId === late.deliveryId && other.token > late.token && other.to < late.from && late.call === "begin",
    );
    expect(overtaken).toEqual([]);
  }
}
