import sql from "sql-template-tag";
import type { Sql } from "./sql.js";

/** Deliveries that are not final, as of one moment. */
interface QueueRecord {
  readonly pending: number;
  readonly claimed: number;
  readonly sending: number;
  /** When the oldest of them was created; null: there is none. */
  readonly oldestCreatedAt: Date | null;
}

/** What there is now, exactly. */
export interface Totals {
  /** Costs 16 rows at most: triggers count users as they come and go. */
  users(): Promise<bigint>;
  /** Costs as much as the queue is long; finished deliveries cost nothing. */
  queue(): Promise<QueueRecord>;
}

const NOBODY = { users: 0n };
const EMPTY: QueueRecord = { pending: 0, claimed: 0, sending: 0, oldestCreatedAt: null };

export function createTotals(db: Sql): Totals {
  return {
    async users() {
      const [{ users } = NOBODY] = await db.read<typeof NOBODY>(
        sql`SELECT coalesce(sum(users), 0)::bigint AS users FROM user_counts`,
      );
      return users;
    },

    async queue() {
      // Numbers and not parameters: only so does a plan know that an index over such rows has all of them.
      const [queue = EMPTY] = await db.read<QueueRecord>(sql`
        SELECT
          count(*) FILTER (WHERE state = 1)::int AS pending,
          count(*) FILTER (WHERE state = 2)::int AS claimed,
          count(*) FILTER (WHERE state = 3)::int AS sending,
          (SELECT min(created_at) FROM delivery_batches WHERE open > 0) AS "oldestCreatedAt"
        FROM deliveries WHERE state < 4`);
      return queue;
    },
  };
}
