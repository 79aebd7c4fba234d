import { fromBinary } from "@bufbuild/protobuf";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { searchText, trackKey } from "@refrain/storage/parts";
import { startPostgres } from "@refrain/storage/testing-postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPostgres } from "../../storage/test/with-postgres.js";
import { COLLECTOR, COLLECTOR_TRACKS } from "../src/saved-tracks/fill.js";
import { compareLatencies } from "../src/saved-tracks/latencies.js";
import { Library } from "../src/saved-tracks/library.js";
import { compareThroughput } from "../src/saved-tracks/throughput.js";

const AMOUNT = { tracks: 2 * COLLECTOR_TRACKS, users: 100 };

withPostgres((bin) => {
  let opened: { library: Library; stop(): Promise<void> } | undefined;
  const library = () => {
    if (opened === undefined) throw new Error("the library is not open");
    return opened.library;
  };

  beforeAll(async () => {
    const postgres = await startPostgres(bin);
    const filled = await Library.open(await postgres.createDatabase("refrain"), AMOUNT);
    opened = { library: filled, stop: () => filled.close().then(() => postgres.stop()) };
  });
  afterAll(() => opened?.stop());

  test("a library is filled with tracks as storage keeps them", async () => {
    const { rows } = await library().database.pool.query<{ track_key: string; track: Buffer; search_text: string }>(
      "SELECT track_key, track, search_text FROM saved_tracks WHERE created_at < '2026-01-01' ORDER BY id LIMIT 100",
    );
    expect(rows).toHaveLength(100);
    for (const { track_key: key, track: bytes, search_text: text } of rows) {
      const track = fromBinary(TrackSchema, bytes);
      expect(track).toMatchObject({ key, source: "library", durationSeconds: 204 });
      expect(trackKey(track.url)).toBe(key);
      expect(searchText(track)).toBe(text);
    }
  });

  test("the collector has a 500th page, and the others share the rest", async () => {
    const totals = [COLLECTOR, "user-0", "user-99"].map(async (user) => {
      const { total } = await library().savedTracks.list(library().firstPage(user));
      return total;
    });
    const [collectors, ...others] = await Promise.all(totals);
    expect(collectors).toBe(COLLECTOR_TRACKS);
    for (const total of others) expect(total).toBeGreaterThanOrEqual(COLLECTOR_TRACKS / AMOUNT.users);
    const { tracks } = await library().savedTracks.list(await library().page500());
    expect(tracks).toHaveLength(20);
  });

  test("the indexes of the migrations are there again", async () => {
    const { rows } = await library().database.pool.query<{ definition: string }>(
      "SELECT indexdef AS definition FROM pg_indexes WHERE tablename = 'saved_tracks'",
    );
    const all = rows.map(({ definition }) => definition).join("\n");
    expect(all).toMatch(/UNIQUE .*\(user_id, track_key\)/);
    expect(all).toMatch(/UNIQUE .*\(id\)/);
    expect(all).toMatch(/\(user_id, created_at, id\)/);
  });

  test("lists and saves are measured, through the repository and without it", async () => {
    const count = async () => (await library().database.pool.query("SELECT id FROM saved_tracks")).rowCount ?? 0;
    const before = await count();
    const latencies = await compareLatencies(library(), library(), 2, 5);
    expect(latencies.rows.map((row) => row.length)).toEqual(Array(3).fill(latencies.header.length));
    const { rows } = await compareThroughput(library(), 1, 50);
    expect(rows.map(([name]) => name)).toEqual([
      "ListTracks, first page of anybody",
      "ListTracks, 500th page of the collector's",
      "SaveTrack",
    ]);
    for (const [, repository, raw] of rows) expect(Math.min(Number(repository), Number(raw))).toBeGreaterThan(0);
    expect(await count()).toBeGreaterThan(before);
  });
});
