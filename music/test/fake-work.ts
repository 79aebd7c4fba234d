import { create } from "@bufbuild/protobuf";
import { AudioFileSchema, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Stored, Work, WorkReport, WorkRequest } from "../src/downloads/work.js";
import { createTrack } from "../src/track.js";

/** One fetch that a test leads by hand. */
export interface FakeFetch {
  request: WorkRequest;
  report: WorkReport;
  signal: AbortSignal;
  finish: (stored?: Stored) => void;
  fail: (error: unknown) => void;
}

/** A work whose every step the test decides; it stops when it is told to, as real work does. */
export function createFakeWork(): { work: Work; fetches: FakeFetch[] } {
  const fetches: FakeFetch[] = [];
  return {
    fetches,
    work: (request, report, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        const finish = (stored = storedFor(request.url)) => resolve(stored);
        fetches.push({ request, report, signal, finish, fail: reject });
      }),
  };
}

export function storedFor(url: string): Stored {
  const track = createTrack({ id: "1", url, source: "library", title: "Song", uploader: "Somebody", durationSeconds: 30 });
  return { track, file: create(AudioFileSchema, { fileUrl: `/files/${"0".repeat(32)}.mp3`, sizeBytes: 1000n, title: "Song" }) };
}

/** What one caller has seen so far. */
export interface Seen {
  messages: Progress[];
  /** Resolves when the stream has ended, with what it threw. */
  ended: Promise<unknown>;
  hangUp: () => void;
}

/** Reads a stream in the background. */
export function readAll(open: (signal: AbortSignal) => AsyncIterable<Progress>): Seen {
  const controller = new AbortController();
  const messages: Progress[] = [];
  const ended = (async () => {
    for await (const message of open(controller.signal)) messages.push(message);
    return undefined;
  })().catch((error: unknown) => error);
  return { messages, ended, hangUp: () => controller.abort(new Error("hung up")) };
}
