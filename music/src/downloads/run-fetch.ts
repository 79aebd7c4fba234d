import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { endSpan, type Span, startSpan } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { SourceUnavailableError } from "../errors.js";
import { recordFetch } from "../metrics.js";
import type { Reporter } from "./reporter.js";
import { watchWork } from "./watch-work.js";
import type { Stored, Work, WorkReport, WorkRequest } from "./work.js";

export interface RunFetchOptions {
  work: Work;
  clock: Clock;
  reporter: Reporter;
  /** Aborted when the fetch has to stop; its reason is what the fetch fails with. */
  stop: AbortController;
  span: Span | undefined;
}

/** The fetch in the trace of the call that started it. */
export function startFetchSpan(parent: Span | undefined, { format }: WorkRequest): Span | undefined {
  return parent && startSpan("fetch", { parent, attributes: { "refrain.format": AudioFormat[format] } });
}

/** Does the work of one fetch, gives it up when it hangs, measures it, and ends its span. */
export async function runFetch(request: WorkRequest, options: RunFetchOptions): Promise<Stored> {
  const { work, clock, reporter, stop, span } = options;
  const startedAt = clock.now();
  let source: string | undefined;
  const watched = watchWork(reporter, clock, (message) =>
    stop.abort(new SourceUnavailableError(message, { problem: "timeout" })),
  );
  const report: WorkReport = {
    ...watched.report,
    track(track) {
      source = track.source;
      watched.report.track(track);
    },
  };
  try {
    reporter.resolving();
    const stored = await work(request, report, stop.signal, span);
    recordFetch({ source: stored.track.source, ms: clock.now() - startedAt });
    span?.setAttributes({ "refrain.source": stored.track.source, "refrain.bytes": Number(stored.file.sizeBytes) });
    if (span) endSpan(span);
    return stored;
  } catch (cause) {
    // Whatever the work says when it was stopped, the reason for that is what callers are to hear.
    const error = stop.signal.aborted ? stop.signal.reason : cause;
    recordFetch({ source, ms: clock.now() - startedAt, error });
    if (span) endSpan(span, error);
    throw error;
  } finally {
    watched.end();
  }
}
