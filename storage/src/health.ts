import type { HealthDetails, HealthProbe } from "@refrain/mesh";
import { ReadOnlyDatabaseError } from "./repo/ping.js";
import type { Repo } from "./repo/repo.js";

type Pinged = Pick<Repo, "ping">;

/** What is wrong with a database, in words that name no address. */
type Problem = "the database does not answer" | "the database takes no writes";

/** What `GET /health` tells: without its database storage is nothing. */
export function health(repo: Pinged): HealthProbe {
  return async (signal): Promise<HealthDetails> => {
    const started = performance.now();
    const problem = await findProblem(repo, signal);
    const latency = Math.round(performance.now() - started);
    const database =
      problem === undefined ? { ok: true, critical: true, latency_ms: latency } : { ok: false, critical: true, detail: problem };
    return { dependencies: { database }, fields: { database_connected: problem !== "the database does not answer" } };
  };
}

/** Whether the database answers before the signal fires, and can be written to. */
export async function isReady(repo: Pinged, signal: AbortSignal): Promise<boolean> {
  return (await findProblem(repo, signal)) === undefined;
}

function findProblem(repo: Pinged, signal: AbortSignal): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const giveUp = () => resolve("the database does not answer");
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const fail = (error: unknown) =>
      resolve(error instanceof ReadOnlyDatabaseError ? "the database takes no writes" : "the database does not answer");
    repo
      .ping()
      .then(() => resolve(undefined), fail)
      .finally(() => signal.removeEventListener("abort", giveUp));
  });
}
