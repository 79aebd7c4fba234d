import { DownloadState, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { PHASES, type CardState, type Phase } from "../views/card.js";

export const FIRST_STATE: CardState = {
  phase: "queued",
  queuePosition: 0,
  doneBytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  secondsLeft: 0,
};

/**
 * The next state of a card, never behind the one before: a fetch that had to start again works its way up to what the
 * listener has already seen.
 */
export function steadyState(before: CardState, progress: Progress): CardState {
  const phase = later(before.phase, phaseOf(progress.state));
  return {
    phase,
    queuePosition: lower(before.queuePosition, progress.queuePosition),
    doneBytes: Math.max(before.doneBytes, Number(progress.downloadedBytes)),
    totalBytes: Math.max(before.totalBytes, Number(progress.totalBytes)),
    bytesPerSecond: Number(progress.bytesPerSecond),
    secondsLeft: progress.etaSeconds,
  };
}

/** A later phase that only the bot knows: waiting for an upload slot, or sending. */
export function withPhase(before: CardState, phase: Phase): CardState {
  return { ...before, phase: later(before.phase, phase) };
}

function phaseOf(state: DownloadState): Phase {
  switch (state) {
    case DownloadState.UNSPECIFIED:
    case DownloadState.QUEUED:
      return "queued";
    case DownloadState.RESOLVING:
      return "resolving";
    case DownloadState.FETCHING:
      return "fetching";
    case DownloadState.CONVERTING:
      return "converting";
    case DownloadState.COMPLETED:
      return "waiting";
  }
}

function later(one: Phase, other: Phase): Phase {
  return PHASES.indexOf(one) >= PHASES.indexOf(other) ? one : other;
}

function lower(before: number, now: number): number {
  return before > 0 && now > 0 ? Math.min(before, now) : now;
}
