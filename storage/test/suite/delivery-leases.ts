import { Code } from "@connectrpc/connect";
import { DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import type { TestStorage } from "../test-storage.js";
import { deliveryBot, LEASE_MS, MINUTE, name } from "./delivery-bot.js";

/** Who holds a delivery, how often it is tried, and how it ends. */
export function deliveryLeasesSuite(storage: () => TestStorage): void {
  describe("deliveries in somebody's hands", { timeout: 60_000 }, () => {
    test("that are given up cannot be sent", async () => {
      const { clock, client, create, claim, fail } = deliveryBot(storage());
      await create("a", [track()], { ttlSeconds: 60 });
      clock.advance(MINUTE);
      const [held] = await claim();
      expect(held?.delivery?.failureReason).toBe("EXPIRED");
      await expectRefusal(client.beginSend(name(held)), Code.FailedPrecondition, "GIVEN_UP");
      expect((await fail(held, { reason: "EXPIRED" })).delivery?.state).toBe(DeliveryState.FAILED);
    });

    test("are tried again when they are told to be: after what they are told, if that is set", async () => {
      const { clock, create, claim, fail } = deliveryBot(storage());
      await create();
      const [held] = await claim();
      await fail(held, { retryable: true, retryAfterMs: 100 });
      clock.advance(99);
      expect(await claim()).toEqual([]);
      clock.advance(1);
      expect(await claim()).toHaveLength(1);
    });

    test("whose lease ran out go to the next claimer, and the late one is fenced off", async () => {
      const { clock, client, create, claim, send, fail } = deliveryBot(storage());
      await create();
      const [late] = await claim();
      clock.advance(LEASE_MS - 1);
      expect(await claim(100, "two")).toEqual([]);
      clock.advance(1);
      const [next] = await claim(100, "two");
      expect(next?.delivery).toMatchObject({ id: late?.delivery?.id, attempts: 2, resends: 0 });
      expect(next?.token).toBeGreaterThan(late?.token ?? 0n);
      const calls = [
        () => client.beginSend(name(late)),
        () => client.updateDelivery({ ...name(late), taskId: "late" }),
        () => fail(late, { retryable: false }),
      ];
      for (const call of calls) await expectRefusal(call(), Code.FailedPrecondition, "LEASE_LOST");
      const { leases } = await client.renewLease({ leases: [name(late), name(next), { deliveryId: "1", token: 1n }] });
      expect(leases.map(({ renewed }) => renewed)).toEqual([false, true, false]);
      expect((await send(next)).delivery).toMatchObject({ state: DeliveryState.SENT, taskId: "" });
    });

    test("are kept by a claimer that renews", async () => {
      const { clock, client, create, claim, send } = deliveryBot(storage());
      await create();
      const [held] = await claim();
      for (let i = 0; i < 5; i++) {
        clock.advance(LEASE_MS - 1);
        expect((await client.renewLease({ leases: [name(held)], leaseMs: LEASE_MS })).leases).toMatchObject([{ renewed: true }]);
      }
      expect(await claim(100, "two")).toEqual([]);
      await send(held);
    });

    test("that their claimer never heard of come back, though it keeps others of their batch", async () => {
      const { clock, client, create, claim, send } = deliveryBot(storage());
      await create("a", [track(), track()]);
      await claim(1); // the answer is lost
      const [second] = await claim(1);
      expect(second?.delivery?.position).toBe(1);
      clock.advance(LEASE_MS - 1);
      expect((await client.renewLease({ leases: [name(second)], leaseMs: LEASE_MS })).leases).toMatchObject([{ renewed: true }]);
      clock.advance(1);
      const [first] = await claim(1);
      expect(first?.delivery).toMatchObject({ position: 0, attempts: 2 });
      await send(first);
      await send(second);
    });

    test("that were found in SENDING are sent once more, and given up the second time", async () => {
      const { clock, counted, client, create, claim, fail } = deliveryBot(storage());
      await create();
      const [first] = await claim();
      await client.beginSend(name(first));
      clock.advance(LEASE_MS);
      const [second] = await claim();
      expect(second?.delivery).toMatchObject({ resends: 1, failureReason: "" });
      expect(await client.beginSend(name(second))).toMatchObject({ resend: true });
      clock.advance(LEASE_MS);
      const [third] = await claim();
      expect(third?.delivery).toMatchObject({ resends: 2, failureReason: "MAYBE_SENT" });
      await expectRefusal(client.beginSend(name(third)), Code.FailedPrecondition, "GIVEN_UP");
      await fail(third, { reason: "MAYBE_SENT" });
      expect(counted).toEqual({ deliveries_created: 1, deliveries_resent: 1, "deliveries_failed/MAYBE_SENT": 1 });
    });

    test("that expired while they were being sent do not count as sent again", async () => {
      const { clock, counted, client, create, claim } = deliveryBot(storage());
      await create("a", [track()], { ttlSeconds: 60 });
      await client.beginSend(name((await claim())[0]));
      clock.advance(MINUTE);
      expect((await claim())[0]?.delivery).toMatchObject({ resends: 1, failureReason: "EXPIRED" });
      expect(counted).toEqual({ deliveries_created: 1 });
    });

    test("that may have been sent count as such", async () => {
      const { clock, client, create, claim, fail } = deliveryBot(storage());
      await create();
      for (const resends of [0, 1]) {
        const [held] = await claim();
        expect(held?.delivery).toMatchObject({ resends });
        await client.beginSend(name(held));
        await fail(held, { retryable: true, maybeSent: true });
        clock.advance(10 * MINUTE);
      }
      expect((await claim())[0]?.delivery).toMatchObject({ resends: 2, failureReason: "MAYBE_SENT" });
    });

    test("that end all their claimers are given up in the end", async () => {
      const { clock, counted, client, create, claim } = deliveryBot(storage());
      const { batchId } = await create();
      const reasons: (string | undefined)[] = [];
      for (let i = 0; i < 20; i++) {
        for (const { delivery } of await claim()) reasons.push(delivery?.failureReason);
        clock.advance(LEASE_MS);
      }
      expect(reasons).toEqual(["", "", "", "", "", ...Array.from({ length: 3 }, () => "TOO_MANY_ATTEMPTS")]);
      const { deliveries } = await client.getBatch({ batchId });
      expect(deliveries).toMatchObject([{ state: DeliveryState.FAILED, failureReason: "TOO_MANY_ATTEMPTS" }]);
      expect(counted).toEqual({ deliveries_created: 1, "deliveries_failed/TOO_MANY_ATTEMPTS": 1 });
    });

    test("that are given up and end all their claimers fail for the reason that they were given up for", async () => {
      const { clock, counted, create, claim } = deliveryBot(storage());
      await create("a", [track(), track()], { ttlSeconds: 60 });
      clock.advance(MINUTE);
      for (let i = 0; i < 20; i++) {
        await claim();
        clock.advance(LEASE_MS);
      }
      expect(counted).toEqual({ deliveries_created: 2, "deliveries_failed/EXPIRED": 2 });
    });

    test("are completed once: the same call again changes nothing", async () => {
      const { client, create, claim, send, fail } = deliveryBot(storage());
      const { userId } = await create(unique("user"), [track(), track()]);
      const [one, two] = await claim();
      const first = await send(one);
      const sent = { case: "sent", value: { messageId: 100n, telegramFileId: "other" } } as const;
      const again = await client.completeDelivery({ ...name(one), outcome: sent });
      expect(again.delivery).toEqual(first.delivery);
      // Not by the chart, which others of this database fill.
      const { rows } = await storage().pool.query("SELECT plays_total::int AS plays FROM track_totals WHERE track_key = $1", [
        one?.delivery?.track?.key,
      ]);
      expect(rows).toEqual([{ plays: 1 }]);
      await fail(two, { retryable: true });
      await fail(two, { retryable: true });
      expect((await client.listRecentTracks({ userId })).tracks).toHaveLength(1);
    });

    test("are not completed as sent unless that was announced", async () => {
      const { client, create, claim } = deliveryBot(storage());
      await create();
      const [held] = await claim();
      const outcome = { case: "sent", value: { messageId: 1n } } as const;
      await expectRefusal(client.completeDelivery({ ...name(held), outcome }), Code.FailedPrecondition, "NOT_SENDING");
    });
  });
}
