import { Code } from "@connectrpc/connect";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import type { ExportUserResponse } from "@refrain/gen/refrain/storage/v1/user_pb";
import { describe, expect, test } from "vitest";
import { deliveriesBehind } from "../../src/repo/personal-data-deliveries.js";
import { createSql } from "../../src/repo/sql.js";
import { expectRefusal } from "../expect-refusal.js";
import { queriesOf } from "../queries.js";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestStorage } from "../test-storage.js";

type Part = NonNullable<ExportUserResponse["part"]["case"]>;

/** Each table with rows of a user, and the part of an export that shows them. A new table belongs here, in the export and in the removal. */
const PARTS: Readonly<Record<string, Part>> = {
  users: "user",
  saved_tracks: "savedTrack",
  removed_tracks: "removedTrack",
  recent_tracks: "recentTrack",
  choices: "choice",
  delivery_batches: "batch",
};

/** DeleteUser and ExportUser. */
export function personalDataSuite(storage: () => TestStorage): void {
  const setUp = () => {
    const client = storage().client(testClock());
    return { client, userId: unique("user"), botId: unique("bot") };
  };
  /** Gives a user rows of every kind. */
  const fill = async (client: StorageClient, userId: string, botId: string) => {
    await client.updateUser({ userId, language: "ru", format: AudioFormat.MP3, addUse: { key: "1", searches: 2, downloads: 3 } });
    const { savedTrack } = await client.saveTrack({ userId, track: track({ title: "saved" }) });
    await client.likeTrack({ userId, key: savedTrack?.track?.key ?? "", liked: true });
    const { savedTrack: removed } = await client.saveTrack({ userId, track: track({ title: "removed" }) });
    await client.deleteTrack({ userId, id: removed?.id ?? "" });
    await client.setChoice({ userId, query: "Query", track: track({ title: "chosen" }) });
    const wanted = ["sent", "claimed", "pending"].map((title) => ({ track: track({ title }) }));
    const request = { botId, userId, chatId: 5n, requestKey: unique("update"), title: "Album", context: Buffer.from("context") };
    await client.createDeliveries({ ...request, deliveries: wanted });
    return complete(client, botId);
  };
  /** Sends the first delivery. Returns the second, claimed and on its way. */
  const complete = async (client: StorageClient, botId: string) => {
    const claim = async () => (await client.claimDeliveries({ botId, claimer: "claimer" })).deliveries[0];
    const name = (claimed: Awaited<ReturnType<typeof claim>>) => ({
      deliveryId: claimed?.delivery?.id ?? "",
      token: claimed?.token ?? 0n,
    });
    const first = name(await claim());
    await client.beginSend(first);
    const value = { messageId: 7n, telegramFileId: "file", save: true };
    await client.completeDelivery({ ...first, outcome: { case: "sent", value } });
    return name(await claim());
  };
  const tables = async () => {
    const { rows } = await storage().pool.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id' ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };
  const rowsOf = async (table: string, userId: string) =>
    (await storage().pool.query<Record<string, unknown>>(`SELECT * FROM "${table}" WHERE user_id = $1`, [userId])).rows;
  const exported = async (client: StorageClient, userId: string) => {
    const parts: ExportUserResponse["part"][] = [];
    for await (const { part } of client.exportUser({ userId })) parts.push(part);
    return parts;
  };

  describe("everything that is kept of a user", () => {
    test("is shown, and then removed, in every table that names users", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      const shown = new Set((await exported(client, userId)).map((part) => part.case));
      for (const table of await tables()) {
        expect(await rowsOf(table, userId), table).not.toEqual([]);
        expect(shown, table).toContain(PARTS[table]);
      }
      await client.deleteUser({ userId });
      for (const table of await tables()) expect(await rowsOf(table, userId), table).toEqual([]);
      expect((await exported(client, userId)).map((part) => part.case)).toEqual(["user"]);
    });

    test("leaves no other column of any table with the name of the user", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      await client.deleteUser({ userId });
      const { rows } = await storage().pool.query<{ name: string }>(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
      );
      for (const { name } of rows) {
        const found = await storage().pool.query(`SELECT FROM "${name}" t WHERE position($1 in t::text) > 0`, [userId]);
        expect(found.rows, name).toEqual([]);
      }
    });

    test("is another matter than what is kept of others", async () => {
      const { client, userId, botId } = setUp();
      const other = { userId: unique("user"), botId: unique("bot") };
      await fill(client, userId, botId);
      await fill(client, other.userId, other.botId);
      const before = await exported(client, other.userId);
      await client.deleteUser({ userId });
      expect(await exported(client, other.userId)).toEqual(before);
    });
  });

  describe("removing a user", () => {
    test("tells how much there was, and nothing the second time", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      expect(await client.deleteUser({ userId })).toMatchObject({ tracks: 2, deliveries: 3 });
      expect(await client.deleteUser({ userId })).toMatchObject({ tracks: 0, deliveries: 0 });
    });

    test("ends deliveries that are on their way, for their claimer too", async () => {
      const { client, userId, botId } = setUp();
      const held = await fill(client, userId, botId);
      await client.deleteUser({ userId });
      await expectRefusal(client.beginSend(held), Code.NotFound, "DELIVERY_NOT_FOUND");
      expect((await client.claimDeliveries({ botId, claimer: "claimer" })).deliveries).toEqual([]);
    });

    test("keeps a ban, and nothing else of a banned user", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      await client.updateUser({ userId, blocked: true });
      await client.deleteUser({ userId });
      const { user } = await client.getUser({ userId });
      expect(user).toMatchObject({
        language: "",
        format: AudioFormat.AUTO,
        blocked: true,
        dailyUse: { searches: 0, downloads: 0 },
      });
      expect(await rowsOf("users", userId)).toMatchObject([{ language: "", format: 1, use_day: null, use_keys: [] }]);
      for (const table of await tables()) if (table !== "users") expect(await rowsOf(table, userId), table).toEqual([]);
    });

    test("finds each track, though it is being removed by itself at the same moment", async () => {
      const { client, userId } = setUp();
      for (let round = 0; round < 5; round++) {
        const saves = Array.from({ length: 20 }, () => client.saveTrack({ userId, track: track() }));
        const ids = (await Promise.all(saves)).map(({ savedTrack }) => savedTrack?.id ?? "");
        const removal = client.deleteUser({ userId });
        await Promise.all([removal, ...ids.map((id) => client.deleteTrack({ userId, id }).catch(notFound))]);
        for (const table of ["saved_tracks", "removed_tracks"]) expect(await rowsOf(table, userId), table).toEqual([]);
      }
    });

    test("holds up against all that the user and claimers do meanwhile", async () => {
      const { client, userId, botId } = setUp();
      const tracks = Array.from({ length: 20 }, () => track());
      const saved = await Promise.all(tracks.map((one) => client.saveTrack({ userId, track: one })));
      const ids = saved.map(({ savedTrack }) => savedTrack?.id ?? "");
      const removal = { userId };
      const calls = ids.flatMap((id, i) => [
        client.deleteTrack({ userId, id }).catch(notFound),
        client.restoreTrack({ userId, id }).catch(notFound),
        client.setChoice({ userId, query: `${i}`, track: track() }),
        client.updateUser({ userId, addUse: { key: `${i}`, searches: 1 } }),
        client.createDeliveries({ botId, userId, chatId: 1n, requestKey: unique("update"), deliveries: [{ track: track() }] }),
        ...(i % 5 === 0 ? [client.deleteUser(removal)] : []),
      ]);
      const send = async (claimer: string) => {
        for (let round = 0; round < 10; round++) {
          const { deliveries } = await client.claimDeliveries({ botId, claimer, limit: 5 });
          for (const { delivery, token } of deliveries) {
            const held = { deliveryId: delivery?.id ?? "", token };
            const outcome = { case: "sent" as const, value: { messageId: 1n, save: true } };
            const sent = client.beginSend(held).then(() => client.completeDelivery({ ...held, outcome }));
            await sent.catch(notFound);
          }
        }
      };
      await Promise.all([...calls, ...["one", "two", "three"].map(send)]);
      await client.deleteUser(removal);
      for (const table of await tables()) expect(await rowsOf(table, userId), table).toEqual([]);
    });
  });

  describe("an export", () => {
    test("starts with the settings, and has each thing as other calls give it", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      const parts = await exported(client, userId);
      const of = (kind: Part) => parts.filter((part) => part.case === kind).map((part) => part.value);
      expect(parts[0]).toEqual({ case: "user", value: (await client.getUser({ userId })).user });
      expect(of("user")).toHaveLength(1);
      const { tracks } = await client.listTracks({ userId });
      expect(of("savedTrack")).toHaveLength(2);
      expect(of("savedTrack")).toEqual(expect.arrayContaining(tracks));
      expect(of("removedTrack")).toMatchObject([{ track: { title: "removed" } }]);
      expect(of("recentTrack")).toEqual((await client.listRecentTracks({ userId })).tracks);
      expect(of("choice")).toMatchObject([{ query: "query", track: { title: "chosen" } }]);
      expect(of("batch")).toMatchObject([{ userId, chatId: 5n, title: "Album", counts: { sent: 1, claimed: 1, pending: 1 } }]);
      expect(of("delivery")).toMatchObject([
        { userId, botId, position: 0, track: { title: "sent" }, messageId: 7n, telegramFileId: "file" },
        { position: 1, track: { title: "claimed" }, telegramFileId: "" },
        { position: 2, track: { title: "pending" }, context: new Uint8Array(Buffer.from("context")) },
      ]);
    });

    test("of a user who is not known has the default settings alone", async () => {
      const { client, userId } = setUp();
      expect(await exported(client, userId)).toMatchObject([
        { case: "user", value: { userId, language: "", format: AudioFormat.AUTO, blocked: false } },
      ]);
    });

    test("has every row of a user with more than a page of each kind, once", async () => {
      const { client, userId, botId } = setUp();
      const tracks = Array.from({ length: 500 }, (_, i) => track({ title: `${i}` }));
      for (const part of [tracks, [track(), track(), track()]]) {
        await client.importTracks({ userId, tracks: part.map((one) => ({ track: one })) });
        await client.createDeliveries({
          botId,
          userId,
          chatId: 1n,
          requestKey: unique("update"),
          deliveries: part.map((one) => ({ track: one })),
        });
      }
      for (let i = 0; i < 120; i++) {
        await client.createDeliveries({ botId, userId, chatId: 1n, requestKey: `${i}`, deliveries: [{ track: track() }] });
      }
      const parts = await exported(client, userId);
      const ids = (kind: "savedTrack" | "delivery" | "batch") =>
        parts.flatMap((part) => (part.case === kind ? [part.value.id] : []));
      for (const [kind, count] of [
        ["savedTrack", 503],
        ["delivery", 623],
        ["batch", 122],
      ] as const) {
        expect(ids(kind)).toHaveLength(count);
        expect(new Set(ids(kind)).size).toBe(count);
      }
    });

    test("has what a page was read with, though it is removed at that moment", async () => {
      const { client, userId, botId } = setUp();
      await fill(client, userId, botId);
      const { pool } = storage();
      const db = createSql(pool);
      const removeAfter = async <Row extends object>(rows: Promise<Row[]>) => {
        const found = await rows;
        await pool.query("DELETE FROM delivery_batches WHERE user_id = $1", [userId]);
        return found;
      };
      const page = await deliveriesBehind({ ...db, read: (statement) => removeAfter(db.read(statement)) }, userId);
      expect(page.map(({ delivery, batch }) => [delivery.position, delivery.batch_id === batch.id, batch.user_id])).toEqual([
        [0, true, userId],
        [1, true, userId],
        [2, true, userId],
      ]);
      expect(await deliveriesBehind(db, userId)).toEqual([]);
    });

    test("reads no further than its caller has taken, and stops when the caller hangs up", async () => {
      const { client, userId } = setUp();
      for (let batch = 0; batch < 6; batch++) {
        await client.importTracks({ userId, tracks: Array.from({ length: 500 }, () => ({ track: track() })) });
      }
      const hangUp = new AbortController();
      const queries = await queriesOf(storage().pool, async () => {
        const parts = client.exportUser({ userId }, { signal: hangUp.signal })[Symbol.asyncIterator]();
        await parts.next();
        await parts.next();
        hangUp.abort();
        await expect(parts.next()).rejects.toMatchObject({ code: Code.Canceled });
      });
      expect(queries.length).toBeLessThan(5);
    });
  });

  test("what was sent is noted with the delivery, and told by ListRecentTracks", async () => {
    const { client, userId, botId } = setUp();
    await fill(client, userId, botId);
    expect((await client.listRecentTracks({ userId })).tracks).toMatchObject([{ track: { title: "sent" } }]);
  });
}

function notFound(error: unknown): void {
  expect(error).toMatchObject({ code: Code.NotFound });
}
