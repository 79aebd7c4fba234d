import sql from "sql-template-tag";
import type { Sql } from "./sql.js";

/** What was removed. */
export interface RemovedUser {
  /** Tracks of the user's music. */
  readonly tracks: number;
  readonly deliveries: number;
}

/**
 * Removes all rows of a user, inside a transaction. Locks in the order of those who change several tables at once: batches before all
 * else, as all work on deliveries does; removed tracks before saved ones, as putting one back does.
 */
export async function removeUser(tx: Sql, userId: string, now: Date): Promise<RemovedUser> {
  const deliveries = await removeDeliveries(tx, userId);
  const removedTracks = sql`DELETE FROM removed_tracks WHERE user_id = ${userId}`;
  await tx.run(removedTracks);
  const tracks = await tx.run(sql`DELETE FROM saved_tracks WHERE user_id = ${userId}`);
  // Once more: a removal that was under way has moved a row there meanwhile.
  await tx.run(removedTracks);
  await tx.run(sql`DELETE FROM recent_tracks WHERE user_id = ${userId}`);
  await tx.run(sql`DELETE FROM choices WHERE user_id = ${userId}`);
  await removeSettings(tx, userId, now);
  return { tracks, deliveries };
}

/** Deliveries go with their batches. */
async function removeDeliveries(tx: Sql, userId: string): Promise<number> {
  const batches = await tx.run(sql`SELECT FROM delivery_batches WHERE user_id = ${userId} ORDER BY id FOR UPDATE`);
  if (batches === 0) return 0;
  const [row] = await tx.read<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM delivery_batches b JOIN deliveries d ON d.batch_id = b.id WHERE b.user_id = ${userId}`);
  await tx.run(sql`DELETE FROM delivery_batches WHERE user_id = ${userId}`);
  return row?.count ?? 0;
}

/** What remains of a banned user is the ban. */
async function removeSettings(tx: Sql, userId: string, now: Date): Promise<void> {
  const [user] = await tx.write<{ blocked: boolean }>(sql`SELECT blocked FROM users WHERE user_id = ${userId} FOR UPDATE`);
  if (user === undefined) return;
  if (!user.blocked) {
    await tx.run(sql`DELETE FROM users WHERE user_id = ${userId}`);
    return;
  }
  await tx.run(sql`
    UPDATE users SET language = DEFAULT, format = DEFAULT, updated_at = ${now},
      use_day = DEFAULT, use_searches = DEFAULT, use_downloads = DEFAULT, use_keys = DEFAULT
    WHERE user_id = ${userId}`);
}
