import { gaugeBy, type Logger } from "@refrain/mesh";
import { systemClock } from "../clock.js";
import type { Config } from "../config.js";
import { openBlockedLinks } from "./blocked-links.js";
import { openRemoteSources, type RemoteSources } from "./remote-sources.js";
import type { Source } from "./source.js";
import type { SourceOverrides } from "./source-overrides.js";
import { type BrokenSource, withBreaker } from "./with-breaker.js";
import { withTakedowns } from "./with-takedowns.js";
import { type WatchedSource, watchSource } from "./watch-source.js";

export interface OpenSourcesOptions {
  config: Pick<Config, "sources" | "ytdlp" | "blockedUrlsFile" | "toolPath" | "maxBytes">;
  library: Source;
  logger: Logger;
  overrides?: SourceOverrides | undefined;
}

export interface OpenSources {
  /** In the order in which links are offered to them, and in which they take turns. */
  readonly sources: readonly Source[];
  /** Resolves when each has been looked at. */
  readonly looked: Promise<void>;
  close(): Promise<void>;
}

const STATES = { closed: 0, half_open: 1, open: 2 } as const;

/**
 * Builds the enabled sources. Does not wait until they have been reached.
 *
 * @throws StartError when the list of blocked links cannot be read
 */
export async function openSources({ config, library, logger, overrides = {} }: OpenSourcesOptions): Promise<OpenSources> {
  const remotes = await openRemoteSources({ config, logger, overrides });
  const own = config.sources.includes("library") ? [library] : [];
  const canonicalUrl = (url: string) => firstCanonical([...own, ...remotes.sources], url);
  const blocked = await openBlockedLinks({ file: config.blockedUrlsFile, canonicalUrl, clock: systemClock, logger }).catch(
    async (error: unknown) => {
      await remotes.close();
      throw error;
    },
  );
  const desks = remotes.sources.map((source) => openDesk(source, logger, overrides));
  gaugeBy("refrain_source_circuit_state", "State of a source's circuit breaker: 0 closed, 1 half-open, 2 open.", "source", () =>
    desks.map(({ guarded }) => [guarded.name, STATES[guarded.circuit()]] as const),
  );
  gaugeBy("refrain_source_off", "Whether a source is off because it cannot work here: 1 off, 0 on.", "source", () =>
    desks.map(({ watched }) => [watched.name, watched.off?.() === undefined ? 0 : 1] as const),
  );
  return {
    // A folder that cannot be read says so at once: nothing is won by leaving it alone.
    sources: [...own, ...desks.map(({ guarded }) => guarded)].map((source) => withTakedowns(source, blocked)),
    looked: Promise.all(desks.map(({ watched }) => watched.looked)).then(() => {}),
    close: () => close(desks, remotes, blocked),
  };
}

/** One remote source, looked at beside the calls, with its breaker. */
interface Desk {
  readonly watched: WatchedSource;
  readonly guarded: BrokenSource;
}

function openDesk(source: Source, logger: Logger, { watchEveryMs, firstTrialMs }: SourceOverrides): Desk {
  const watched = watchSource(source, { logger, everyMs: watchEveryMs, onWell: (wasOff) => guarded.well(wasOff) });
  const guarded = withBreaker(watched, { logger, firstTrialMs });
  return { watched, guarded };
}

async function close(desks: readonly Desk[], remotes: RemoteSources, blocked: { close(): void }): Promise<void> {
  blocked.close();
  for (const { guarded } of desks) guarded.close();
  await Promise.all(desks.map(({ watched }) => watched.close()));
  await remotes.close();
}

function firstCanonical(sources: readonly Source[], url: string): string | undefined {
  for (const source of sources) {
    const canonical = source.canonicalUrl(url);
    if (canonical !== undefined) return canonical;
  }
  return undefined;
}
