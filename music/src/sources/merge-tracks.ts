import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { heard, type RecordingKey, recordingKey } from "./recording-key.js";

/** Uploads of one recording differ by silence at both ends; other versions mostly by more. */
const SAME_SECONDS = 3;
/** Sources by what a listener gains: our own files first, then what needs no conversion. */
const PREFERENCE: readonly string[] = ["library", "ia", "sc", "yt"];
/** Keeps its own order: it has a ranking that forgives slips. */
const RANKED = "library";

/** A track, and what makes it comparable. */
interface Found extends RecordingKey {
  readonly track: Track;
}

/**
 * Puts together what several sources found, each best match first: exact matches of the query go up, then sources take turns, so that
 * none drowns the others. Uploads of one recording are folded into the one that is had best, at the place of the first.
 *
 * @param query undefined: nothing is an exact match
 */
export function mergeTracks(lists: readonly (readonly Track[])[], query?: string): Track[] {
  const found = interleave(lists).map((track) => ({ track, ...recordingKey(track.title, track.uploader) }));
  return fold(query === undefined ? found : bestFirst(found, heard(query).toSorted()));
}

/** First of each, second of each, …, every track once. */
function interleave(lists: readonly (readonly Track[])[]): Track[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const tracks = new Map<string, Track>();
  for (let at = 0; at < longest; at++) {
    for (const list of lists) {
      const track = list[at];
      if (track && !tracks.has(track.key)) tracks.set(track.key, track);
    }
  }
  return [...tracks.values()];
}

/** @param wanted title and performer in any order: words that are sorted */
function bestFirst(found: readonly Found[], wanted: readonly string[]): Found[] {
  const exact: Found[] = [];
  const rest: Found[] = [];
  let isRankedOver = false;
  for (const one of found) {
    const isRanked = one.track.source === RANKED;
    const isExact = isMatch(one, wanted) && !(isRanked && isRankedOver);
    (isExact ? exact : rest).push(one);
    if (isRanked && !isExact) isRankedOver = true;
  }
  return [...exact, ...rest];
}

function isMatch({ track, words }: Found, wanted: readonly string[]): boolean {
  if (track.uploader === "" || words.length !== wanted.length) return false;
  return words.toSorted().every((word, at) => word === wanted[at]);
}

function fold(found: readonly Found[]): Track[] {
  const kept: Track[] = [];
  /** Places in `kept`, by recording; of versions that differ by their length alone there are several. */
  const places = new Map<string, number[]>();
  for (const { track, key } of found) {
    const known = places.get(key);
    const same = known?.find((at) => isSame(kept[at], track));
    if (same !== undefined) kept[same] = better(kept[same] ?? track, track);
    else if (known) known.push(kept.push(track) - 1);
    else places.set(key, [kept.push(track) - 1]);
  }
  return kept;
}

/**
 * Of what has an unknown length nobody knows which version it is, and without a performer a title may be anybody's. An operator who
 * keeps two files sees both.
 */
function isSame(one: Track | undefined, other: Track): boolean {
  if (!one || other.uploader === "" || (one.source === RANKED && other.source === RANKED)) return false;
  if (one.durationSeconds === 0 || other.durationSeconds === 0) return false;
  return Math.abs(one.durationSeconds - other.durationSeconds) <= SAME_SECONDS;
}

function better(one: Track, other: Track): Track {
  return preference(other) < preference(one) ? other : one;
}

function preference({ source }: Track): number {
  const at = PREFERENCE.indexOf(source);
  return at < 0 ? PREFERENCE.length : at;
}
