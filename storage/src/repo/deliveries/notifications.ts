import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import sql from "sql-template-tag";
import type { Sql } from "../sql.js";

const CHANNEL = "refrain_deliveries";
const RECONNECT_MS = 1_000;

/** Whose work it is: all claimers' of a bot, or one claimer's alone. */
export interface Call {
  readonly botId: string;
  readonly claimer?: string | undefined;
}

/** Tells all replicas that something may be claimable; those that miss it look again by themselves. */
export async function notifyReplicas(db: Sql, { botId, claimer }: Call): Promise<void> {
  await db.run(sql`SELECT pg_notify(${CHANNEL}, ${JSON.stringify({ botId, claimer })})`);
}

/**
 * Listens to what replicas tell each other, on a connection of its own, and again when that breaks. Returns a function that ends it.
 *
 * @param pool of one connection, which this has for itself
 */
export function listenToReplicas(pool: Pool, heard: (call: Call) => void): () => Promise<void> {
  const stopping = new AbortController();
  const ended = listenOn(pool, heard, stopping.signal);
  return () => {
    stopping.abort();
    return ended;
  };
}

async function listenOn(pool: Pool, heard: (call: Call) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const client = await pool.connect();
      try {
        await listenUntilBroken(client, heard, signal);
      } finally {
        // Not back into the pool: its next user would be the one who listens.
        client.release(true);
      }
    } catch {
      // The database is away, which every other query tells too; or this ends.
    }
    await wait(RECONNECT_MS, undefined, { signal }).catch(() => {}); // it rejects when this ends
  }
}

/** Rejects when the connection breaks or the signal fires, also one that has fired before. */
async function listenUntilBroken(client: PoolClient, heard: (call: Call) => void, signal: AbortSignal): Promise<void> {
  client.on("notification", ({ payload }) => {
    const call = readCall(payload);
    if (call !== undefined) heard(call);
  });
  await Promise.all([once(client, "end", { signal }), client.query(`LISTEN ${CHANNEL}`)]);
}

/** Whoever reaches the database may write to the channel: what is no call of a replica is passed over. */
function readCall(payload: string | undefined): Call | undefined {
  try {
    const call: unknown = JSON.parse(payload ?? "");
    if (typeof call !== "object" || call === null || !("botId" in call) || typeof call.botId !== "string") return undefined;
    const claimer = "claimer" in call && typeof call.claimer === "string" ? call.claimer : undefined;
    return { botId: call.botId, claimer };
  } catch {
    // No JSON.
    return undefined;
  }
}
