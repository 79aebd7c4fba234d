import type { HealthDetails, HealthProbe } from "@refrain/mesh";
import type { Repo } from "./repo/repo.js";

type Pinged = Pick<Repo, "ping">;

/** What `GET /health` tells: without its database storage is nothing. */
export function health(repo: Pinged): HealthProbe {
  return async (signal): Promise<HealthDetails> => {
    const started = performance.now();
    const ok = await answers(repo, signal);
    const latency = Math.round(performance.now() - started);
    const database = ok
      ? { ok, critical: true, latency_ms: latency }
      : { ok, critical: true, detail: "the database does not answer" };
    return { dependencies: { database }, fields: { database_connected: ok } };
  };
}

/** Whether the database answers before the signal fires. */
export function answers(repo: Pinged, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = () => resolve(false);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    repo
      .ping()
      .then(() => resolve(true), giveUp)
      .finally(() => signal.removeEventListener("abort", giveUp));
  });
}
