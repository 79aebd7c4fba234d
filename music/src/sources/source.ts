import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { SourceProblem } from "../errors.js";

/** What a file is inside, whatever its name says. Telegram plays `mp3` and `m4a` (AAC); the rest is converted. */
export const CONTAINERS = ["mp3", "m4a", "aac", "aiff", "flac", "matroska", "mp4", "ogg", "wav"] as const;
export type Container = (typeof CONTAINERS)[number];

/** What a source has fetched. */
export interface FetchedAudio {
  /** A file inside `FetchTarget.folder`. */
  readonly path: string;
  readonly container: Container;
  /** A picture of any format inside `FetchTarget.folder`; undefined when there is none. */
  readonly coverPath?: string | undefined;
}

/** Where a source puts what it fetches, and whom it tells. */
export interface FetchTarget {
  /**
   * Private folder on the disk. Usually empty; after a fetch that was cut it holds what that one left, for the source to go on
   * from where it can. Whatever is not needed any more is removed by others.
   */
  readonly folder: string;
  /** The fetch is to end as soon as more than so many bytes come; 0 = no limit. */
  readonly maxBytes: number;
  /**
   * Says how many bytes there are, as often as the source likes.
   *
   * @param totalBytes 0 when unknown
   */
  progress(downloadedBytes: number, totalBytes: number): void;
}

/** One track that can be fetched. What the source learned while it looked the track up is kept within. */
export interface FoundAudio {
  readonly track: Track;
  /** What `fetch` will bring; undefined when the source cannot tell before. */
  readonly container: Container | undefined;
  /** Size of what `fetch` will bring; 0 when the source does not say. */
  readonly sizeBytes: number;
  /** Brings the audio. Rejects as the methods of `Source` do. */
  fetch(target: FetchTarget, signal: AbortSignal): Promise<FetchedAudio>;
}

/** What is behind a link. */
export interface LinkedTracks {
  /** At most 100, in the order of the list. */
  readonly tracks: Track[];
  /** Name of the playlist or album; empty when the link leads to a single track. */
  readonly playlistTitle: string;
}

/** Whether a source can be used now. */
export interface SourceState {
  readonly ok: boolean;
  /** A few words for `/health`: no path, no address, no secret. */
  readonly detail: string;
  /** Why not, where that is known. One that waits for the operator, such as `not_installed`, switches the source off. */
  readonly problem?: SourceProblem | undefined;
}

/** Tracks of one playlist or album that are listed at most. */
export const MAX_LINKED_TRACKS = 100;

/**
 * A place that tracks come from. One file (or folder) in `sources/` each; `open-sources.ts` lists them.
 *
 * Rejections: `TrackNotFoundError` when the track is not there (any more, or for us), `SourceUnavailableError` when the place is
 * down or refuses us, `LiveError`, `TooLongError` and `TooLargeError` for what is never fetched, `UnsupportedUrlError` for an
 * address that may not be asked, `TakenDownError` for what the operator was asked to take down, `CircuitOpenError` while the source
 * is left alone; with the signal's reason when it fires. Anything else counts as a bug.
 */
export interface Source {
  /** Short and unique, such as `library`: `Track.source`, and what requests and settings call it. */
  readonly name: string;
  /** Why nobody is to ask it before the operator has done something; undefined: it can be asked. Default: undefined. */
  readonly off?: (() => SourceProblem | undefined) | undefined;
  /** Checks that the source works, cheaply: asked with every `/health`. Does not reject for a source that is down. */
  probe(signal: AbortSignal): Promise<SourceState>;
  /** Finds tracks by everything that is known of them, best match first, at most `limit`. */
  search(query: string, limit: number, signal: AbortSignal): Promise<Track[]>;
  /** Finds tracks whose performer matches, best match first, at most `limit`. */
  searchByArtist(artist: string, limit: number, signal: AbortSignal): Promise<Track[]>;
  /**
   * The one form of a link that this source handles, whatever spelling it came in: of a track it is `Track.url`. Undefined for
   * other links. Without asking anybody.
   *
   * @throws TakenDownError
   */
  canonicalUrl(url: string): string | undefined;
  /** Lists the tracks behind a canonical link: one, or those of a playlist or album. */
  list(url: string, signal: AbortSignal): Promise<LinkedTracks>;
  /** Looks up the one track behind a canonical link. */
  resolve(url: string, signal: AbortSignal): Promise<FoundAudio>;
}
