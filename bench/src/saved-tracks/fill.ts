import { Client } from "pg";

/** How much music there is. */
export interface Amount {
  /** COLLECTOR_TRACKS at least. */
  readonly tracks: number;
  readonly users: number;
}

/** Has COLLECTOR_TRACKS tracks; the others share the rest evenly. */
export const COLLECTOR = "collector";
/** Enough for a 500th page of 20, and some more behind it. */
export const COLLECTOR_TRACKS = 10_100;

/** Name of an ordinary user, from 0. */
export const userName = (index: number): string => `user-${index}`;

/**
 * Fills saved_tracks inside PostgreSQL and leaves the table as a long life would: the tracks of a user lie far apart, as they were
 * saved over two years, and it has been vacuumed and read. Indexes are built after the rows: that is several times as fast.
 *
 * @param url of a database that is migrated and has no saved tracks
 */
export async function fillSavedTracks(url: string, { tracks, users }: Amount): Promise<void> {
  const client = new Client({ connectionString: url, options: "-c TimeZone=UTC" });
  await client.connect();
  try {
    await client.query("SET maintenance_work_mem = '1GB'");
    await client.query("BEGIN");
    const rebuild = await dropIndexes(client);
    // Truncated in the same transaction, the table needs no write-ahead log when wal_level is minimal.
    await client.query("TRUNCATE saved_tracks");
    for (const statement of FUNCTIONS) await client.query(statement);
    await client.query(ROWS, [tracks, users, COLLECTOR, Math.floor(tracks / COLLECTOR_TRACKS), COLLECTOR_TRACKS]);
    for (const statement of rebuild) await client.query(statement);
    await client.query("COMMIT");
    await client.query("VACUUM (ANALYZE) saved_tracks");
    // As after a day of use; indexes last, in case that not all has room.
    await client.query("CREATE EXTENSION pg_prewarm");
    await client.query(
      "SELECT pg_prewarm(oid) FROM pg_class WHERE relname LIKE 'saved\\_tracks%' AND relkind IN ('r', 'i') ORDER BY relkind DESC",
    );
  } finally {
    await client.end();
  }
}

/** Drops the table's indexes and returns what makes them again. */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows: constraints } = await client.query<{ name: string; definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = 'saved_tracks'::regclass AND contype IN ('p', 'u')`,
  );
  for (const { name } of constraints) await client.query(`ALTER TABLE saved_tracks DROP CONSTRAINT "${name}"`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    "SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = 'saved_tracks'",
  );
  for (const { name } of indexes) await client.query(`DROP INDEX "${name}"`);
  return [
    ...constraints.map(({ name, definition }) => `ALTER TABLE saved_tracks ADD CONSTRAINT "${name}" ${definition}`),
    ...indexes.map(({ definition }) => definition),
  ];
}

/**
 * Functions that PostgreSQL writes into the statement in place of their calls: everything in them is immutable, as convert_to is
 * not. Texts are ASCII without a backslash, so that their bytes are what they cast to.
 */
const FUNCTIONS = [
  // A text field of a protobuf message; of up to 127 bytes, so that its length is one byte.
  `CREATE FUNCTION pg_temp.field(number int, value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
     SELECT set_byte(set_byte('\\x0000', 0, number * 8 + 2), 1, octet_length(value)) || value::bytea $$`,
  `CREATE FUNCTION pg_temp.track_key(url text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
     SELECT translate(rtrim(encode(substring(sha256(url::bytea) FROM 1 FOR 16), 'base64'), '='), '+/', '-_') $$`,
];

/** Rows as SaveTrack writes them: a refrain.music.v1.Track, its texts folded, one every 6 s. OFFSET 0: compute once what is used twice. */
const ROWS = `
  INSERT INTO saved_tracks (id, user_id, track_key, track, search_text, size_bytes, created_at)
  SELECT gen_random_uuid(), user_id, key,
    pg_temp.field(1, key) || pg_temp.field(2, id) || pg_temp.field(3, title) || '\\x20cc01'::bytea
      || pg_temp.field(5, uploader) || pg_temp.field(6, url) || pg_temp.field(7, 'library') || pg_temp.field(9, album),
    lower(title || E'\\n' || uploader || E'\\n' || album), 4000000 + number % 1000000,
    timestamptz '2024-11-01 00:00:00Z' + number * interval '6 seconds'
  FROM (
    SELECT *, pg_temp.track_key(url) AS key FROM (
      SELECT number, number::text AS id,
        CASE WHEN number % $4 = 0 AND number / $4 < $5 THEN $3
          ELSE 'user-' || (number - least(number / $4, $5)) % $2 END AS user_id,
        'library://' || encode(sha256(number::text::bytea), 'hex') AS url,
        'Track number ' || number || ', as it was played (Official Audio)' AS title,
        'Performer ' || number % 50000 AS uploader,
        'Album ' || number % 200000 || ', the complete recordings' AS album
      FROM generate_series(0::int, $1::int - 1) AS number
      OFFSET 0
    ) numbered
    OFFSET 0
  ) keyed`;
