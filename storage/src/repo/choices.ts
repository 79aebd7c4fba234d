import sql from "sql-template-tag";
import { BATCH_LIMIT, inBatches } from "./in-batches.js";
import type { Prisma } from "./prisma.js";
import type { Sql } from "./sql.js";

/** Which version of a track a user means by a query. */
export interface NewChoice {
  readonly userId: string;
  /** SHA-256 that names the query. */
  readonly key: Uint8Array;
  /** Folded. */
  readonly query: string;
  /** refrain.music.v1.Track, serialised. */
  readonly track: Uint8Array;
}

export interface Choices {
  /** Remembers a choice in place of an older one, and forgets what is beyond the last 500 of the user. */
  set(choice: NewChoice, now: Date): Promise<void>;
  /** Forgets a choice; none there is fine. */
  remove(userId: string, key: Uint8Array): Promise<void>;
  /** The chosen refrain.music.v1.Track, serialised. */
  find(userId: string, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Removes choices that were made so many days ago. Stops early when `signal` aborts. */
  sweep(keptDays: number, now: Date, signal: AbortSignal): Promise<number>;
}

const DAY_MS = 24 * 3_600_000;
/** Choices remembered per user. */
const REMEMBERED = 500;

export function createChoices(db: Sql, prisma: Prisma): Choices {
  return {
    async set({ userId, key, query, track }, now) {
      // The statement does not see its own insert: hence one place less. Rows that others write now are theirs to keep.
      await db.run(sql`
        WITH chosen AS (
          INSERT INTO choices (user_id, key, query, track, chosen_at) VALUES (${userId}, ${key}, ${query}, ${track}, ${now})
          ON CONFLICT (user_id, key) DO UPDATE
          SET query = excluded.query, track = excluded.track, chosen_at = excluded.chosen_at
        ), others AS (
          SELECT key, chosen_at FROM choices WHERE user_id = ${userId} AND key <> ${key}
          ORDER BY chosen_at DESC, key OFFSET ${REMEMBERED - 1}
        ), forgotten AS (
          SELECT c.key FROM choices c JOIN others USING (key, chosen_at)
          WHERE c.user_id = ${userId} FOR UPDATE OF c SKIP LOCKED
        )
        DELETE FROM choices WHERE user_id = ${userId} AND key IN (SELECT key FROM forgotten)`);
    },
    async remove(userId, key) {
      const { choice } = await prisma.client();
      await choice.deleteMany({ where: { userId, key: new Uint8Array(key) } });
    },
    async find(userId, key) {
      const [row] = await db.read<{ track: Uint8Array }>(sql`
        SELECT track FROM choices WHERE user_id = ${userId} AND key = ${key}`);
      return row?.track;
    },
    async sweep(keptDays, now, signal) {
      const until = new Date(now.getTime() - keptDays * DAY_MS);
      const remove = () =>
        db.run(sql`
          DELETE FROM choices WHERE (user_id, key) IN (SELECT user_id, key FROM choices WHERE chosen_at <= ${until} ${BATCH_LIMIT})`);
      return inBatches(remove, signal);
    },
  };
}
