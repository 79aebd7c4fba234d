import { toBinary } from "@bufbuild/protobuf";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { Client } from "pg";
import { track } from "../samples.js";

/** The moment that all rows are made for. */
export const NOW = new Date("2026-11-22T12:00:00.000Z");
/** Has 20,000 saved tracks; 100,000 others have ten each. */
export const COLLECTOR = "collector";
/** One of the others. */
export const USER = "user 4711";
export const BOT = "bot";

const AT = `timestamptz '${NOW.toISOString()}'`;
const KEY = "left(md5(i::text), 22)";
const LISTENER = "'user ' || i % 100000";

/** Rows of tables. The same every time: plans are compared. The search cache has as many as its bound allows. */
const ROWS: Readonly<Record<string, string>> = {
  saved_tracks: `(id, user_id, track_key, track, search_text, size_bytes, created_at, liked_at)
    SELECT md5(i::text)::uuid, CASE WHEN i <= 20000 THEN '${COLLECTOR}' ELSE ${LISTENER} END, ${KEY}, $1, 'believer ' || i, i,
      ${AT} - i * interval '30 s', CASE WHEN i % 10 = 0 THEN ${AT} - i * interval '1 s' END
    FROM generate_series(1, 1000000) i`,
  delivery_batches: `(id, bot_id, request_key, user_id, chat_id, title, context, turn, wake_at, open, held, claimer,
      ttl_seconds, created_at, expires_at, finished_at)
    SELECT md5(i::text)::uuid, '${BOT}', i::text, ${LISTENER}, i, '', '', t, CASE WHEN i <= 1000 THEN t END,
      CASE WHEN i <= 1000 THEN 4 ELSE 0 END, CASE WHEN i <= 100 THEN 1 ELSE 0 END, CASE WHEN i <= 100 THEN 'claimer ' || i % 4 END,
      86400, t, t + interval '1 day',
      CASE WHEN i > 1000 THEN t + interval '1 min' END
    FROM generate_series(1, 250000) i, LATERAL (SELECT ${AT} - i * interval '10 s' AS t) times`,
  deliveries: `(id, batch_id, position, place, bot_id, track_key, format, track, state, not_before, uploads, token, lease_until,
      finished_at)
    SELECT md5(i::text)::uuid, md5((1 + i / 4)::text)::uuid, i % 4, i % 4, '${BOT}', ${KEY}, 1, $1,
      CASE WHEN i >= 4000 THEN 4 + i % 3 WHEN i < 400 AND i % 4 = 0 THEN 2 ELSE 1 END, ${AT} - i * interval '3 s',
      i < 400 AND i % 4 = 0, CASE WHEN i < 400 AND i % 4 = 0 THEN 1 ELSE 0 END,
      CASE WHEN i < 400 AND i % 4 = 0 THEN ${AT} + (i / 4 - 19) * interval '1 s' END, CASE WHEN i >= 4000 THEN ${AT} - i * interval '2 s' END
    FROM generate_series(0, 999999) i`,
  search_cache: `(key, results, complete, cached_at, fresh_until, expires_at)
    SELECT sha256(i::text::bytea), $1, true, t, t + interval '1 hour', t + interval '25 hours'
    FROM generate_series(1, 11000) i, LATERAL (SELECT ${AT} - i * interval '8 s' AS t) times`,
  known_tracks: `(key, track, expires_at)
    SELECT ${KEY}, $1, ${AT} + interval '30 days' - i * interval '13 s' FROM generate_series(1, 200000) i`,
  removed_tracks: `(id, user_id, removed_at)
    SELECT md5('gone' || i)::uuid, ${LISTENER}, ${AT} - i * interval '20 s' FROM generate_series(1, 200000) i`,
  telegram_files: `(bot_id, track_key, format, file_id, updated_at)
    SELECT '${BOT}', ${KEY}, 1, 'file ' || i, ${AT} - i * interval '1 min' FROM generate_series(1, 200000) i`,
  users: `(user_id, language, updated_at) SELECT 'user ' || i, 'en', ${AT} FROM generate_series(0, 99999) i`,
  choices: `(user_id, key, query, track, chosen_at)
    SELECT ${LISTENER}, sha256(i::text::bytea), 'query ' || i, $1, ${AT} - i * interval '2 min' FROM generate_series(1, 200000) i`,
  recent_tracks: `(user_id, track_key, track, played_at)
    SELECT 'user ' || i % 5000, ${KEY}, $1, ${AT} - i * interval '20 s' FROM generate_series(1, 200000) i`,
  track_days: `(day, track_key, plays, in_day, in_week)
    SELECT d, ${KEY}, 1 + i % 7, d >= date '2026-11-21', d >= date '2026-11-16'
    FROM generate_series(1, 200000) i, LATERAL (SELECT date '2026-11-22' - i % 400 AS d) days`,
  track_totals: `(track_key, track, plays_day, plays_week, plays_total)
    SELECT ${KEY}, $1, CASE WHEN i % 50 = 0 THEN i % 97 ELSE 0 END, CASE WHEN i % 10 = 0 THEN i % 89 ELSE 0 END, i % 1009
    FROM generate_series(1, 200000) i`,
  day_counts: `(day, name, value) SELECT date '2026-11-22' - i / 50, 'name ' || i % 50, i FROM generate_series(1, 20000) i`,
};

const LARGE = 100_000;
const BYTES = toBinary(TrackSchema, track({ url: "library://1" }));
/** What ANALYZE looks at is a random sample, unless one of the columns asks for so much detail that it is the whole table. */
const WHOLE_TABLE = 4_000;

/**
 * Fills a database with a million saved tracks and deliveries, and has it looked at. Returns the names of the tables with 100,000 rows
 * and more.
 */
export async function fill(url: string): Promise<string[]> {
  const tables = Object.keys(ROWS);
  const large: string[] = [];
  await inTwoLanes(url, tables, async (client, table) => {
    if ((await insert(client, table)) >= LARGE) large.push(table);
  });
  // When all is written: a transaction that still writes would keep rows from being visible to all, and plans look at that.
  await inTwoLanes(url, tables, (client, table) => client.query(`VACUUM (ANALYZE) ${table}`));
  return large;
}

async function inTwoLanes(url: string, tables: readonly string[], work: (client: Client, table: string) => Promise<unknown>) {
  const queue = [...tables];
  const lane = async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    // Neither triggers nor foreign keys: these rows agree.
    await client.query("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'");
    for (let table = queue.shift(); table !== undefined; table = queue.shift()) await work(client, table);
    await client.end();
  };
  await Promise.all([lane(), lane()]);
}

/** Returns how many rows there are. */
async function insert(client: Client, table: string): Promise<number> {
  const text = `INSERT INTO ${table} ${ROWS[table] ?? ""}`;
  // Indexes that are built over all rows at once take a third of the time.
  await client.query("UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = $1::regclass", [table]);
  const { rowCount } = await client.query(text, text.includes("$1") ? [BYTES] : []);
  await client.query(`REINDEX TABLE ${table}`);
  const { rows } = await client.query<{ column: string }>(
    "SELECT attname AS column FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1",
    [table],
  );
  await client.query(`ALTER TABLE ${table} ALTER COLUMN ${rows[0]?.column ?? ""} SET STATISTICS ${WHOLE_TABLE}`);
  return rowCount ?? 0;
}
