import type { Logger } from "@refrain/mesh";
import type { Clock } from "./clock.js";
import type { Retention } from "./config.js";
import type { Database } from "./database/database.js";
import { createBell, type Bell } from "./deliveries/bell.js";
import { showQueue } from "./metrics.js";
import { listenToReplicas } from "./repo/deliveries/notifications.js";
import type { Repo } from "./repo/repo.js";
import { startCounts, type Counts } from "./statistics/counts.js";
import { startSweeper, type Sweeper } from "./sweeper.js";

/** Searches of some 15 kB each, and tracks of some 300 bytes. */
const LIMITS = { searches: 10_000, tracks: 200_000 };
const SWEEP_EVERY_MS = 60_000;
const SWEEP_EVERY_WRITES = 1_000;
/** A crash forgets the counts of so many milliseconds. */
const FLUSH_EVERY_MS = 5_000;

export interface BackgroundOptions {
  readonly repo: Repo;
  readonly listener: Database["listener"];
  readonly retention: Retention;
  readonly now: Clock;
  readonly logger: Logger;
}

/** What goes on beside the calls. */
export interface Background {
  readonly counts: Counts;
  readonly bell: Bell;
  /** Told after each write to what the sweeper bounds. */
  readonly cacheWritten: () => void;
  stop(): Promise<void>;
}

export function startBackground(options: BackgroundOptions): Background {
  const { repo, now, logger } = options;
  const counts = startCounts({
    dayCounts: repo.dayCounts,
    now,
    everyMs: FLUSH_EVERY_MS,
    onError: (error) => logger.warn({ err: error }, "counts for the statistics are not kept now; it is tried again"),
  });
  const sweeper = sweepUp(options);
  const { bell, stopListening } = hangBell(options);
  return {
    counts,
    bell,
    cacheWritten: () => sweeper.written(),
    async stop() {
      await Promise.all([sweeper.stop(), stopListening()]);
      await counts.stop();
    },
  };
}

function sweepUp({ repo, retention, now, logger }: BackgroundOptions): Sweeper {
  return startSweeper({
    sweeps: [
      (time, signal) => repo.expiry.sweep(LIMITS, time, signal),
      (time, signal) => repo.savedTracks.sweep(time, signal),
      (time, signal) => repo.choices.sweep(retention.choicesDays, time, signal),
      (time, signal) => repo.deliveries.sweep(retention.deliveriesDays, time, signal),
      (time, signal) => repo.charts.sweep(retention.statisticsDays, time, signal),
      (time, signal) => repo.dayCounts.sweep(retention.statisticsDays, time, signal),
      async (time) => showQueue(await repo.totals.queue(), time),
    ],
    now,
    everyMs: SWEEP_EVERY_MS,
    everyWrites: SWEEP_EVERY_WRITES,
    onError: (error) => logger.warn({ err: error }, "removing what has expired failed; it is tried again"),
  });
}

/** Where the database is embedded there are no other replicas to tell. */
function hangBell({ repo, listener, logger }: BackgroundOptions): { bell: Bell; stopListening: () => Promise<void> } {
  if (listener === undefined) return { bell: createBell(), stopListening: () => Promise.resolve() };
  const bell = createBell((botId, claimer) => {
    repo.deliveries.announce({ botId, claimer }).catch((error: unknown) => {
      logger.debug({ err: error }, "the other replicas were not told of work; they look for themselves");
    });
  });
  return { bell, stopListening: listenToReplicas(listener, ({ botId, claimer }) => bell.ring(botId, claimer)) };
}
