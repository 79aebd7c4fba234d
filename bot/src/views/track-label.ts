import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Words } from "../i18n/words.js";
import { duration } from "./numbers.js";

/** Longer button texts are cut by phones, and the length of the track with them. */
const MAX_TITLE = 48;

/** What is known of a track, shown after its name. */
export interface TrackMarks {
  /** In the listener's music. */
  readonly saved?: boolean;
  /** Telegram has the file: it comes at once. */
  readonly instant?: boolean;
}

type Named = Pick<Track, "title" | "uploader">;

/** `Believer — Imagine Dragons`. */
export function trackName(words: Words, { title, uploader }: Named): string {
  const name = oneLine(title) || words.say("track.untitled");
  return oneLine(uploader) ? `${name} — ${oneLine(uploader)}` : name;
}

/** One track on a button: `Believer — Imagine Dragons · 3:24 ✓ ⚡`. */
export function trackLabel(words: Words, track: Named & Pick<Track, "durationSeconds">, marks: TrackMarks = {}): string {
  const length = duration(track.durationSeconds);
  const signs = `${marks.saved ? " ✓" : ""}${marks.instant ? " ⚡" : ""}`;
  return `${cut(trackName(words, track))}${length ? ` · ${length}` : ""}${signs}`;
}

function cut(name: string): string {
  const letters = Array.from(name);
  return letters.length <= MAX_TITLE
    ? name
    : `${letters
        .slice(0, MAX_TITLE - 1)
        .join("")
        .trimEnd()}…`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
