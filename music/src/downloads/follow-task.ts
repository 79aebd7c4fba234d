import { DownloadState, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Clock } from "../clock.js";
import { DownloadCancelledError } from "../errors.js";
import type { Listener, Task } from "./task.js";

/** Three a second and the last one, which does not wait: never more than four within a second. */
const MIN_GAP_MS = 334;
/** The contract says 15 s; networks are late. */
const HEARTBEAT_MS = 10_000;

/**
 * Yields the reports of one task to one listener, until COMPLETED.
 *
 * Keeps nothing but the latest report, so that a slow reader skips some and costs no memory.
 *
 * @throws what the task failed with; DownloadCancelledError when this user withdrew; the signal's reason
 */
export async function* followTask(
  task: Task,
  listener: Listener,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Progress, void, undefined> {
  let sent = 0n;
  let sentAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal.throwIfAborted();
    if (listener.withdrawn) throw new DownloadCancelledError("this user cancelled the download");
    const outcome = task.outcome();
    if (outcome.kind === "failed") throw outcome.error;
    const latest = task.latest();
    const sinceMs = clock.now() - sentAt;
    const isNews = latest.sequence !== sent && (sinceMs >= MIN_GAP_MS || outcome.kind === "completed");
    if (isNews || sinceMs >= HEARTBEAT_MS) {
      sent = latest.sequence;
      sentAt = clock.now();
      yield latest;
      if (latest.state === DownloadState.COMPLETED) return;
      continue;
    }
    const waitsForGap = latest.sequence !== sent;
    await nextMoment(task, listener, clock, waitsForGap ? MIN_GAP_MS - sinceMs : HEARTBEAT_MS - sinceMs, waitsForGap, signal);
  }
}

/** Resolves after `ms`, at the task's next change (its end only, when `endOnly`), or when the signal fires. */
function nextMoment(
  task: Task,
  listener: Listener,
  clock: Clock,
  ms: number,
  endOnly: boolean,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      listener.wake = () => {};
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done, { once: true });
    listener.wake = () => {
      if (!endOnly || listener.withdrawn || task.outcome().kind !== "open") done();
    };
    if (signal.aborted) done();
  });
}
