import { counter, durations, gauge } from "@refrain/mesh";

const queries = durations("refrain_database_query_duration_seconds", "Duration of work on the database, by what was asked.", [
  "query",
  "outcome",
]);

const lookups = counter("refrain_search_cache_lookups_total", "Searches that were looked up, by what was found and where.", [
  "result",
  "from",
]);
const heldHits = lookups.labels("hit", "memory");

/** Counts a search whose answer this replica had at hand. */
export function countHeldHit(): void {
  heldHits.inc();
}

/** Counts a search that the database answered. */
export function countLookup(result: "hit" | "stale" | "miss"): void {
  lookups.labels(result, "database").inc();
}

/** Shows what the answers at hand take. */
export function showHeldAnswers(held: { readonly bytes: number }): void {
  gauge("refrain_search_cache_held_bytes", "Memory of the answers that are given without asking the database.", () => held.bytes);
}

const deliveries = counter("refrain_queue_deliveries_total", "Deliveries, by what became of them.", ["outcome"]);

/** Counts deliveries. @param name of a count: `deliveries_sent`, `deliveries_failed/REASON`; others are about something else */
export function countDeliveries(name: string, by: number): void {
  const outcome = /^deliveries_([a-z]+)/.exec(name)?.[1];
  if (outcome !== undefined) deliveries.labels(outcome).inc(by);
}

const queue = { length: 0, oldestSeconds: 0 };
gauge("refrain_queue_length", "Deliveries that are not final, as of the last minute.", () => queue.length);
gauge("refrain_queue_oldest_seconds", "Age of the oldest of them, 0 without any.", () => queue.oldestSeconds);

interface Queue {
  readonly pending: number;
  readonly claimed: number;
  readonly sending: number;
  readonly oldestCreatedAt: Date | null;
}

/** Shows the queue as it is now. */
export function showQueue({ pending, claimed, sending, oldestCreatedAt }: Queue, now: Date): void {
  queue.length = pending + claimed + sending;
  queue.oldestSeconds = oldestCreatedAt === null ? 0 : Math.max(0, (now.getTime() - oldestCreatedAt.getTime()) / 1_000);
}

interface Connections {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** Shows who uses the database's connections, and who waits for one. */
export function showConnections(pool: Connections): void {
  const inUse = () => pool.totalCount - pool.idleCount;
  gauge("refrain_database_connections_in_use", "Connections that work on something.", inUse);
  gauge("refrain_database_connections_waiting", "Calls that wait for a connection.", () => pool.waitingCount);
}

type Work = (...args: never[]) => Promise<unknown>;

/** The same methods, each measured. @param name what they are about: `users` measures `users.find` */
export function measured<Methods extends { readonly [Name in keyof Methods]: Work }>(name: string, methods: Methods): Methods {
  const each = Object.entries<Work>(methods).map(([method, work]) => [method, measure(`${name}.${method}`, work)]);
  return Object.fromEntries(each) as Methods; // the same names, and functions of the same shape
}

function measure(query: string, work: Work): Work {
  const [ok, failed] = [queries.labels(query, "ok"), queries.labels(query, "failed")];
  return async (...args) => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1_000;
    try {
      const answer = await work(...args);
      ok.observe(seconds());
      return answer;
    } catch (error) {
      failed.observe(seconds());
      throw error;
    }
  };
}
