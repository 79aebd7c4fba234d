import { integer, type Env } from "../env.js";

/** Largest message either side may send, in bytes: gRPC's own default. A cached search with 50 tracks is below 0.5 MB. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * Calls that one gRPC connection may run at once. A bot has one connection to each replica, with a stream for everybody who
 * watches a download; further calls wait in the client until one ends.
 */
export const MAX_STREAMS_PER_CONNECTION = 2_000;

/** Headers of an HTTP/1.1 request, in bytes: a key, trace context and some names of browsers. HTTP/2 has a fixed 64 KiB. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** Time from a connection's start until it has said something that makes sense: a TLS handshake, the headers of a request. */
export const FIRST_WORDS_MS = 10_000;

/** Time for a whole HTTP/1.1 request. The largest message takes that long at 70 kB/s. */
export const REQUEST_MS = 60_000;

/** How often idle HTTP/1.1 connections are looked at for the two limits above. */
export const CHECK_EVERY_MS = 2_000;

/** A connection whose other end went away without a word (a lost machine, a cut line) is found by probes that start after this. */
export const PROBE_AFTER_MS = 60_000;

/**
 * Time after which a gRPC connection without calls is closed; clients connect again by themselves. It also ends the connections
 * that Node's HTTP/2 forgets: one that it closed because too many calls on it were cancelled stays open underneath.
 */
export const IDLE_MS = 5 * 60_000;

/** Limits of a whole server, which an operator may need to move. */
export interface ServerCapacity {
  /** Connections that one door holds at once. Further ones are closed as they come. */
  connections: number;
  /** Calls that run at once, through both doors. Further ones get RESOURCE_EXHAUSTED `TOO_MANY_CALLS` with RetryInfo. */
  calls: number;
  /** Time for a connection's first words, in milliseconds. Default: 10,000. */
  firstWordsMs?: number;
  /** Time that a gRPC connection may be without calls, in milliseconds. Default: 5 minutes. */
  idleMs?: number;
}

/** Reads MAX_CONNECTIONS (default 1,000) and MAX_CALLS (default 5,000). */
export function serverCapacity(env: Env): ServerCapacity {
  return {
    connections: integer(env, "MAX_CONNECTIONS", 1_000, { min: 1, max: 100_000 }),
    calls: integer(env, "MAX_CALLS", 5_000, { min: 1, max: 1_000_000 }),
  };
}
