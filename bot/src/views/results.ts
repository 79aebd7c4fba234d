import type { KnownTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Words } from "../i18n/words.js";
import { button, type SearchKind } from "./buttons.js";
import { pager, withPage } from "./pager.js";
import { titled, type InlineButton, type Screen } from "./screen.js";
import { trackLabel, type TrackMarks } from "./track-label.js";

/** Rows of tracks in one message. */
export const RESULTS_PER_PAGE = 8;

/** What a listener searches. */
export interface Search {
  readonly kind: SearchKind;
  /** What they wrote, in one line, 1 to 100 characters. */
  readonly text: string;
}

/** One page of results. */
export interface ResultsPage {
  readonly tracks: readonly Track[];
  /** What is known of the tracks, by key. */
  readonly marks: ReadonlyMap<string, TrackMarks>;
  /** From 1. */
  readonly page: number;
  /** Tracks on all pages. */
  readonly total: number;
  /** Sources that did not answer. */
  readonly failedSources: readonly string[];
}

const SIGN: Readonly<Record<SearchKind, string>> = { query: "🔎", artist: "🎤" };
const SOURCE_NAMES: Readonly<Record<string, string>> = { yt: "YouTube", sc: "SoundCloud", ia: "Internet Archive" };

export function pageCount(total: number): number {
  return Math.max(1, Math.ceil(total / RESULTS_PER_PAGE));
}

export function searchingScreen(words: Words, { kind, text }: Search): Screen {
  return titled(SIGN[kind], text, [words.say("search.running")]);
}

export function resultsScreen(words: Words, search: Search, results: ResultsPage): Screen {
  if (results.total === 0) return nothingScreen(words, search, results.failedSources);
  const pages = pageCount(results.total);
  const found = withPage(words, words.say("search.found", { count: results.total }), results.page, pages);
  const rows = results.tracks.map((track) => [
    { text: trackLabel(words, track, results.marks.get(track.key)), data: button.track(track.key) },
  ]);
  return {
    ...titled(SIGN[search.kind], search.text, [found, incompleteLine(words, results.failedSources)]),
    rows: [...rows, pager(results.page, pages, (page) => button.results(search.kind, page))],
  };
}

/** The search did not work; `reason` is a sentence for the listener. */
export function searchFailedScreen(words: Words, { kind, text }: Search, reason: string): Screen {
  const again = { text: words.say("search.again"), data: button.results(kind, 1) };
  return { ...titled(SIGN[kind], text, [reason]), rows: [[again]] };
}

/** Reads back what a results message was for, so that its buttons work after a restart. */
export function searchedText(messageText: string | undefined): string | undefined {
  const [sign, ...rest] = messageText?.split("\n")[0]?.split(" ") ?? [];
  return sign && Object.values(SIGN).includes(sign) ? rest.join(" ").trim() || undefined : undefined;
}

function nothingScreen(words: Words, { kind, text }: Search, failedSources: readonly string[]): Screen {
  const other: InlineButton =
    kind === "query"
      ? { text: words.say("search.as_artist"), data: button.results("artist", 1) }
      : { text: words.say("search.as_query"), data: button.results("query", 1) };
  const sentence = words.say(kind === "query" ? "search.nothing" : "search.nothing_artist");
  return { ...titled(SIGN[kind], text, [sentence, incompleteLine(words, failedSources)]), rows: [[other]] };
}

function incompleteLine(words: Words, failedSources: readonly string[]): string {
  if (failedSources.length === 0) return "";
  const names = failedSources.map((source) => sourceName(words, source));
  const sources = new Intl.ListFormat(words.language, { type: "conjunction" }).format(new Set(names));
  return words.say("search.incomplete", { sources });
}

function sourceName(words: Words, source: string): string {
  return source === "library" ? words.say("search.library") : (SOURCE_NAMES[source] ?? words.say("search.some_source"));
}

/** What `GetTracks` says of a page, by key. */
export function marksOf(known: readonly KnownTrack[]): Map<string, TrackMarks> {
  return new Map(known.map(({ track, saved, telegramFileId }) => [track?.key ?? "", { saved, instant: telegramFileId !== "" }]));
}
