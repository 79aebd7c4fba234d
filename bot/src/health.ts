import type { Dependency, HealthDetails, Logger } from "@refrain/mesh";
import type { Services } from "./services.js";

const START_PROBE_MS = 5_000;
const HEALTH_PROBE_MS = 1_000;

type Reachable = Pick<Services["music"], "ready" | "circuits">;
type Probed = Readonly<Record<"music" | "storage", Reachable>>;

/** Looks at both services at once, for 5 s at most, and writes what works into the log. Never rejects. */
export async function probeAtStart(services: Probed, logger: Logger): Promise<void> {
  const probe = async (name: "music" | "storage") => {
    const { ok, latency_ms } = await reach(services[name], START_PROBE_MS);
    if (ok) logger.info({ latency_ms }, `✅ ${name} answers`);
    else logger.warn(`⚠️ ${name} does not answer: the bot goes on without it`);
  };
  await Promise.all([probe("music"), probe("storage")]);
}

/** What `GET /health` tells. The bot can say something useful as long as it reaches Telegram. */
export async function healthOf(services: Probed, telegram: { connected(): boolean }): Promise<HealthDetails> {
  const [music, storage] = await Promise.all([reach(services.music, HEALTH_PROBE_MS), reach(services.storage, HEALTH_PROBE_MS)]);
  const connected = telegram.connected();
  return {
    dependencies: {
      telegram: { ok: connected, critical: true, ...(connected ? {} : { detail: "no updates can be fetched" }) },
      music,
      storage,
    },
  };
}

async function reach(service: Reachable, timeoutMs: number): Promise<Dependency> {
  const started = performance.now();
  const answers = await service.ready(timeoutMs).then(
    () => true,
    () => false, // its error names an inner address, which is nothing for /health
  );
  const circuits = service.circuits();
  const failing = circuits.filter(({ state }) => state !== "closed").map(({ method }) => method);
  const detail = answers ? failing.length > 0 && `calls fail: ${failing.join(", ")}` : "does not answer";
  return {
    ok: answers && failing.length === 0,
    ...(answers && { latency_ms: Math.round(performance.now() - started) }),
    ...(detail && { detail }),
    circuits: Object.fromEntries(circuits.map(({ method, state }) => [method, state])),
  };
}
