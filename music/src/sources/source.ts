import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";

/** What a file is inside, whatever its name says. Telegram plays `mp3` and `m4a` (AAC); the rest is converted. */
export const CONTAINERS = ["mp3", "m4a", "aac", "aiff", "flac", "matroska", "mp4", "ogg", "wav"] as const;
export type Container = (typeof CONTAINERS)[number];

/** One track that a source can fetch. */
export interface FoundAudio {
  readonly track: Track;
  /** What `fetch` will bring; undefined when the source cannot tell before. */
  readonly container: Container | undefined;
  /** Size of what `fetch` will bring; 0 when the source does not say. */
  readonly sizeBytes: number;
}

/** Where a source puts what it fetches, and whom it tells. */
export interface FetchTarget {
  /** Existing, empty, private folder on the disk of the cache. Removed afterwards with all that is in it. */
  readonly folder: string;
  /**
   * Says how many bytes have really arrived, as often as the source likes.
   *
   * @param totalBytes 0 when unknown
   */
  progress(downloadedBytes: number, totalBytes: number): void;
}

/** What a source has fetched. */
export interface FetchedAudio {
  /** A file inside `FetchTarget.folder`. */
  readonly path: string;
  readonly container: Container;
}

/** Whether a source can be used now. */
export interface SourceState {
  readonly ok: boolean;
  /** A few words for `/health`: no path, no address, no secret. */
  readonly detail: string;
}

/**
 * A place that tracks come from. One file (or folder) in `sources/` each; `main.ts` lists the enabled ones.
 *
 * Rejections: `TrackNotFoundError` when the track is not there, `SourceUnavailableError` when the place is down or
 * refuses us; with the signal's reason when it fires. Anything else counts as a bug.
 */
export interface Source {
  /** Short and unique, such as `library`: `Track.source`, and what requests and settings call it. */
  readonly name: string;
  /** Checks that the source works, cheaply: asked with every `/health`. Does not reject for a source that is down. */
  probe(signal: AbortSignal): Promise<SourceState>;
  /** Finds tracks by everything that is known of them, best match first, at most `limit`. */
  search(query: string, limit: number, signal: AbortSignal): Promise<Track[]>;
  /** Finds tracks whose performer matches, best match first, at most `limit`. */
  searchByArtist(artist: string, limit: number, signal: AbortSignal): Promise<Track[]>;
  /** True when `url` is a link that this source handles. Without asking anybody. */
  claims(url: string): boolean;
  /** Looks up the track behind a link that it claims. */
  resolve(url: string, signal: AbortSignal): Promise<FoundAudio>;
  /** Brings the audio of a track that it resolved. */
  fetch(audio: FoundAudio, target: FetchTarget, signal: AbortSignal): Promise<FetchedAudio>;
}
