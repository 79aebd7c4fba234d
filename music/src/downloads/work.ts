import type { AudioFile } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { AudioFormat, Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Span } from "@refrain/mesh";

/** What is to be fetched. */
export interface WorkRequest {
  /** Canonical. */
  url: string;
  /** Never UNSPECIFIED. */
  format: AudioFormat;
}

/** A track and its stored file. */
export interface Stored {
  file: AudioFile;
  track: Track;
}

/** What the work tells while it runs. Calls after the end change nothing. */
export interface WorkReport {
  /** The source found the track. */
  track(track: Track): void;
  /** @param totalBytes 0 when unknown */
  fetching(downloadedBytes: number, totalBytes: number): void;
  /** @param etaSeconds 0 when unknown */
  converting(etaSeconds: number): void;
}

/** Fetches and stores; stops when the signal fires. `span`: of the fetch, for what it does within. */
export type Work = (request: WorkRequest, report: WorkReport, signal: AbortSignal, span: Span | undefined) => Promise<Stored>;
