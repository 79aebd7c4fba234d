import { createHash } from "node:crypto";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { FakeArchive, FileFetches } from "@refrain/music/testing";
import { Counts } from "../deliveries/counts.js";
import { exactly, figure, type Finding } from "../lab/finding.js";
import { falls } from "../lab/follow.js";
import type { Called } from "./caller.js";

const MAX_TOLD = 3;
const MAX_MESSAGES = 20;

/** What all callers have to have seen, however they got there. */
export function proveCalled(called: readonly Called[]): Finding[] {
  const reasons = new Counts();
  for (const { reason } of called.flatMap(({ broken }) => broken)) reasons.add(reason);
  const complete = called.filter(({ messages }) => messages.filter(isCompleted).length === 1);
  tellWhy(called);
  return [
    figure("callers", called.length),
    ...reasons.entries().map(([reason, count]) => figure(`streams that broke: ${reason}`, count)),
    exactly("callers without their file", called.filter(({ file }) => !file).length, 0),
    exactly("callers with one COMPLETED", complete.length, called.length),
    exactly("sequence numbers that fell", sum(called.map(({ messages }) => falls(messages))), 0),
  ];
}

/** The first callers who saw what they should not see, for whoever wants to know why. */
function tellWhy(called: readonly Called[]): void {
  const unlucky = called.filter(({ messages, file }) => !file || falls(messages) > 0);
  for (const { messages, broken } of unlucky.slice(0, MAX_TOLD)) {
    const seen = messages
      .slice(-MAX_MESSAGES)
      .map((one) => `${one.taskId.slice(-4)} ${DownloadState[one.state]} ${one.sequence}`);
    const ends = broken.map(({ replica, reason }) => `${replica}: ${reason}`);
    process.stderr.write(`  saw ${seen.join(", ")}; streams that broke at replica ${ends.join(", ")}\n`);
  }
}

/** What the source has been asked for: each of these tracks, and none by two at the same time. */
export function proveFetched(archive: FakeArchive, tracks: readonly number[]): Finding[] {
  const all = tracks.map((track) => fetchesOf(archive, track));
  return [
    figure("tracks", tracks.length),
    exactly("tracks that were never fetched", all.filter(({ count }) => count === 0).length, 0),
    exactly("tracks that were fetched twice at the same time", all.filter(({ maxAtOnce }) => maxAtOnce > 1).length, 0),
    figure("requests for them", sum(all.map(({ count }) => count))),
    figure("of those for the rest of one", sum(all.map(({ ranges }) => ranges.filter(Boolean).length))),
  ];
}

/** Requests for a track. */
export function fetchesOf(archive: FakeArchive, track: number): FileFetches {
  return archive.fetches().get(fileOf(track)) ?? { count: 0, maxAtOnce: 0, ranges: [], bytes: 0 };
}

/** Bytes of these tracks that the source has sent. */
export function sentOf(archive: FakeArchive, tracks: readonly number[]): number {
  return sum(tracks.map((track) => fetchesOf(archive, track).bytes));
}

/** The hash of a track, as callers have to get it. */
export function sha256Of(archive: FakeArchive, track: number): string {
  const [identifier = "", name = ""] = fileOf(track).split("/");
  const bytes = archive.bytesOf(identifier, name);
  return createHash("sha256").update(bytes.read(0, bytes.sizeBytes)).digest("hex");
}

function fileOf(track: number): string {
  return `fake-track-${track}/silence-${track}.mp3`;
}

function isCompleted({ state }: { state: DownloadState }): boolean {
  return state === DownloadState.COMPLETED;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
