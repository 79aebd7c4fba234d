import { counter, durations, gauge, reasonOf } from "@refrain/mesh";
import { toConnectError } from "./errors.js";

const fetches = durations("refrain_fetch_duration_seconds", "Duration of fetches, by source and how they ended.", [
  "source",
  "outcome",
]);

/** Bytes that came from sources. */
export const fetchedBytes = counter("refrain_fetched_bytes_total", "Bytes that came from sources.", ["source"]);

/** What Download found in the cache of files when it had to look. */
export const fileCacheLookups = counter("refrain_file_cache_lookups_total", "Downloads that looked for a stored file.", [
  "result",
]);

/** Files that went to make room. */
export const fileCacheEvictions = counter("refrain_file_cache_evictions_total", "Stored files that were removed to make room.");

/** What other replicas were asked for, because it is not here. */
export const peerFiles = counter(
  "refrain_peer_files_total",
  "Files that other replicas were asked for, by result: found or missing.",
  ["result"],
);

/** How a fetch ended. */
interface EndedFetch {
  /** Undefined when it failed before one was found. */
  source: string | undefined;
  ms: number;
  /** Undefined: it went well. */
  error?: unknown;
}

/** Measures a fetch that has ended. */
export function recordFetch({ source = "unknown", ms, error }: EndedFetch): void {
  fetches.observe({ source, outcome: error === undefined ? "ok" : outcomeOf(error) }, ms / 1000);
}

/** Reasons of the contract in lower case, of which there are few; `internal` for what nobody expected. */
function outcomeOf(error: unknown): string {
  return (reasonOf(toConnectError(error)) ?? "internal").toLowerCase();
}

/** Shows the fetches that run and wait. */
export function showFetches(counts: () => { running: number; queued: number }): void {
  gauge("refrain_fetches_running", "Fetches that run now.", () => counts().running);
  gauge("refrain_fetches_queued", "Fetches that wait for a slot.", () => counts().queued);
}

/** Shows how full the cache of files is. */
export function showFileCache(usage: () => { files: number; bytes: number }): void {
  gauge("refrain_file_cache_files", "Files that are stored.", () => usage().files);
  gauge("refrain_file_cache_bytes", "Bytes of all stored files.", () => usage().bytes);
}
