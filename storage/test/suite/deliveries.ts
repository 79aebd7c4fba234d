import { Code } from "@connectrpc/connect";
import { BatchState, DeliveryState } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../expect-refusal.js";
import { track, unique } from "../samples.js";
import type { TestStorage } from "../test-storage.js";
import { deliveryBot, MINUTE, name, positions } from "./delivery-bot.js";

/** The bot's durable work from its acceptance to its end. */
export function deliveriesSuite(storage: () => TestStorage): void {
  describe("deliveries", { timeout: 60_000 }, () => {
    test("are kept once for each request, however often it comes", async () => {
      const { client, botId } = deliveryBot(storage());
      const request = {
        botId,
        requestKey: "update 1",
        userId: unique("user"),
        chatId: -100n,
        title: "Album",
        context: Uint8Array.of(1, 2),
      };
      const tracks = [track(), track(), track()];
      const ask = () => client.createDeliveries({ ...request, deliveries: tracks.map((one) => ({ track: one })) });
      const answers = await Promise.all(Array.from({ length: 10 }, ask));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(answers.map(({ deliveryIds }) => deliveryIds.join())).size).toBe(1);
      const { batch, deliveries } = await client.getBatch({ batchId: answers[0]?.batch?.id ?? "" });
      expect(batch).toMatchObject({ chatId: -100n, title: "Album", state: BatchState.RUNNING, counts: { pending: 3 } });
      expect(batch?.context).toEqual(Uint8Array.of(1, 2));
      expect(deliveries.map((one) => one.track)).toEqual(tracks);
      expect(deliveries.map(({ id, position }) => [id, position])).toEqual(
        answers[0]?.deliveryIds.map((id, place) => [id, place]),
      );
    });

    test("go from claim to audio, with the file id, the music, the plays and the counts", async () => {
      const { client, botId, create, claim } = deliveryBot(storage());
      const one = track();
      const { userId, batchId } = await create(unique("user"), [one]);
      const [held] = await claim();
      expect(held?.delivery).toMatchObject({
        userId,
        chatId: 7n,
        track: one,
        state: DeliveryState.CLAIMED,
        attempts: 1,
        telegramFileId: "",
      });
      await client.updateDelivery({ ...name(held), cardMessageId: 5n, taskId: "task" });
      expect(await client.beginSend(name(held))).toMatchObject({ resend: false });
      const sent = { case: "sent", value: { messageId: 99n, telegramFileId: "file", save: true, sizeBytes: 3n } } as const;
      const answer = await client.completeDelivery({ ...name(held), outcome: sent });
      expect(answer.delivery).toMatchObject({ state: DeliveryState.SENT, messageId: 99n, cardMessageId: 5n, taskId: "task" });
      expect(answer.batch).toMatchObject({ id: batchId, state: BatchState.FINISHED, counts: { sent: 1, pending: 0 } });
      expect((await client.getTracks({ keys: [one.key], userId, botId })).tracks).toMatchObject([
        { saved: true, telegramFileId: "file" },
      ]);
      expect((await client.listTracks({ userId, query: one.title })).tracks).toMatchObject([{ sizeBytes: 3n }]);
      expect((await client.listRecentTracks({ userId })).tracks).toMatchObject([{ track: one }]);
      expect(await claim()).toEqual([]);
    });

    test("are handed out with their file id as soon as it is known", async () => {
      const { client, botId, create, claim } = deliveryBot(storage());
      const one = track();
      await client.setTelegramFile({ botId, url: one.url, telegramFileId: "known" });
      await create("a", [one]);
      await create("b", [one]);
      expect((await claim()).map(({ delivery }) => delivery?.telegramFileId)).toEqual(["known", "known"]);
    });

    test("of a track that is being uploaded wait for its file id", async () => {
      const { create, claim, send } = deliveryBot(storage());
      const one = track();
      for (const user of ["a", "b", "c"]) await create(user, [one]);
      const [first, ...others] = await claim();
      expect(others).toEqual([]);
      expect(await claim(100, "two")).toEqual([]);
      await send(first);
      expect((await claim(100, "two")).map(({ delivery }) => delivery?.telegramFileId)).toEqual(["file", "file"]);
    });

    test("of a track whose upload failed are uploaded by the next one", async () => {
      const { create, claim, fail } = deliveryBot(storage());
      const one = track();
      const users = [await create("a", [one]), await create("b", [one])];
      const [first] = await claim();
      await fail(first, { retryable: false });
      expect((await claim(100, "two")).map(({ delivery }) => delivery?.batchId)).toEqual([users[1]?.batchId]);
    });

    test("that nobody knows are refused by name", async () => {
      const { client } = deliveryBot(storage());
      for (const deliveryId of ["1", "00000000-0000-4000-8000-000000000000"]) {
        const nobody = { deliveryId, token: 1n };
        await expectRefusal(client.beginSend(nobody), Code.NotFound, "DELIVERY_NOT_FOUND");
        await expectRefusal(client.updateDelivery(nobody), Code.NotFound, "DELIVERY_NOT_FOUND");
        await expectRefusal(
          client.completeDelivery({ ...nobody, outcome: { case: "cancelled", value: {} } }),
          Code.NotFound,
          "DELIVERY_NOT_FOUND",
        );
        await expectRefusal(client.getBatch({ batchId: deliveryId }), Code.NotFound, "BATCH_NOT_FOUND");
      }
    });

    test("of one user have a limit", async () => {
      const { client, create, botId } = deliveryBot(storage());
      const tracks = Array.from({ length: 500 }, () => track());
      const { userId } = await create(unique("user"), tracks);
      await create(userId, tracks);
      const more = { botId, requestKey: "more", userId, chatId: 1n, deliveries: [{ track: track() }] };
      await expectRefusal(client.createDeliveries(more), Code.ResourceExhausted, "TOO_MANY_DELIVERIES");
      await client.cancelDeliveries({ userId, botId });
      expect(await client.createDeliveries(more)).toMatchObject({ created: true });
    });

    test("that failed are tried again behind the rest when the user wants it", async () => {
      const { client, create, claim, send, fail } = deliveryBot(storage());
      const { userId, batchId } = await create(unique("user"), [track(), track(), track()]);
      const [first, second] = await claim(2);
      await fail(first, { retryable: false });
      expect(await client.retryBatch({ userId, batchId })).toMatchObject({
        retried: 1,
        batch: { counts: { pending: 2, claimed: 1 } },
      });
      await send(second);
      const rest = await claim();
      expect(positions(rest)).toEqual([2, 0]);
      for (const one of rest) await send(one);
      expect((await client.getBatch({ batchId })).batch).toMatchObject({ state: BatchState.FINISHED, counts: { sent: 3 } });
      expect(await client.retryBatch({ userId, batchId })).toMatchObject({ retried: 0, batch: { state: BatchState.FINISHED } });
    });

    test("are removed when they have been finished for long, and not before", async () => {
      const { client, clock, create, claim, send } = deliveryBot(storage());
      const [done, open] = [await create(), await create()];
      const held = (await claim()).find(({ delivery }) => delivery?.batchId === done.batchId);
      await send(held);
      const { signal } = new AbortController();
      const sweep = () => storage().repo.deliveries.sweep(30, clock(), signal);
      clock.advance(30 * 24 * 60 * MINUTE - 1);
      await sweep();
      await client.getBatch(done);
      clock.advance(1);
      await sweep();
      await expectRefusal(client.getBatch(done), Code.NotFound, "BATCH_NOT_FOUND");
      await client.getBatch(open);
    });
  });
}
