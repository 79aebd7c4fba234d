import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Words } from "../i18n/words.js";
import { button } from "./buttons.js";
import { amount, size, percent, speed, timeLeft } from "./numbers.js";
import { titled, type Screen } from "./screen.js";
import { trackName } from "./track-label.js";

/** Phases in the order in which a download goes through them. */
export const PHASES = ["queued", "resolving", "fetching", "converting", "waiting", "sending"] as const;
export type Phase = (typeof PHASES)[number];

/** How far a download is, as its card shows it. */
export interface CardState {
  readonly phase: Phase;
  /** While queued: 1 is next; 0 when unknown. */
  readonly queuePosition: number;
  readonly doneBytes: number;
  /** 0 when unknown. */
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number;
}

const BAR_CELLS = 10;

/** The progress card of a download. */
export function cardScreen(words: Words, track: Track, state: CardState): Screen {
  const lines = state.phase === "fetching" ? fetchingLines(words, state) : [phaseLine(words, state)];
  return {
    ...titled("⬇", trackName(words, track), lines),
    rows: [[{ text: words.say("card.cancel"), data: button.cancel(track.key) }]],
  };
}

function phaseLine(words: Words, { phase, queuePosition }: CardState): string {
  switch (phase) {
    case "queued":
      return queuePosition > 0 ? words.say("card.queued_at", { position: queuePosition }) : words.say("card.queued");
    case "resolving":
      return words.say("card.resolving");
    case "fetching":
      return words.say("card.fetching");
    case "converting":
      return words.say("card.converting");
    case "waiting":
      return words.say("card.waiting");
    case "sending":
      return words.say("card.sending");
  }
}

function fetchingLines(words: Words, state: CardState): string[] {
  const { doneBytes, totalBytes, bytesPerSecond, secondsLeft } = state;
  if (totalBytes === 0) {
    const moved = doneBytes > 0 ? size(words, doneBytes) : "";
    return [words.say("card.fetching"), joined([moved, speed(words, bytesPerSecond)])];
  }
  const share = Math.min(1, doneBytes / totalBytes);
  return [
    `${bar(share)}  ${percent(words, share)}`,
    joined([amount(words, doneBytes, totalBytes), speed(words, bytesPerSecond), timeLeft(words, secondsLeft)]),
  ];
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_CELLS);
  return "▰".repeat(full) + "▱".repeat(BAR_CELLS - full);
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}

/** The end of a card that came to nothing: one sentence, and a button to try again. */
export function failedCard(words: Words, track: Track, reason: string): Screen {
  return { text: words.say("download.failed", { track: trackName(words, track), reason }), rows: again(words, track.key) };
}

export function cancelledCard(words: Words, track: Track): Screen {
  return { text: words.say("download.cancelled", { track: trackName(words, track) }), rows: again(words, track.key) };
}

/** A card whose download is not running any more, such as one from before a restart. */
export function interruptedCard(words: Words, key: string): Screen {
  return { text: words.say("download.interrupted"), rows: again(words, key) };
}

/** The track came, but is not in the listener's music. */
export function notKeptCard(words: Words, track: Track): Screen {
  return { text: words.say("download.not_kept", { track: trackName(words, track) }) };
}

function again(words: Words, key: string): Screen["rows"] & object {
  return [[{ text: words.say("download.again"), data: button.retry(key) }]];
}
