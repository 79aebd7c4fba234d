import type { SavedTrack } from "@refrain/gen/refrain/storage/v1/track_pb";
import type { Words } from "../i18n/words.js";
import { button, pattern } from "./buttons.js";
import { pager, withPage } from "./pager.js";
import { titled, type InlineButton, type Screen } from "./screen.js";
import { trackLabel } from "./track-label.js";

/** Rows of tracks in one message. */
export const SAVED_PER_PAGE = 20;

/** One page of a listener's music. */
export interface CollectionPage {
  readonly tracks: readonly SavedTrack[];
  /** Rows on all pages. */
  readonly total: number;
  /** From 1. */
  readonly page: number;
  /** Only tracks with this text; empty: all. */
  readonly filter: string;
  /** Rows have a ✖ that removes instead of playing. */
  readonly editing: boolean;
}

export function openingScreen(words: Words): Screen {
  return { text: words.say("collection.opening") };
}

export function collectionScreen(words: Words, list: CollectionPage): Screen {
  if (list.total === 0) return list.filter ? noMatchScreen(words, list.filter) : emptyScreen(words);
  const pages = Math.max(list.page, Math.ceil(list.total / SAVED_PER_PAGE));
  const lines = [
    list.filter ? `🔎 ${list.filter}` : "",
    withPage(words, words.say("collection.count", { count: list.total }), list.page, pages),
    list.editing ? words.say("collection.edit_hint") : "",
  ];
  const rows = list.tracks.map((saved) => [trackButton(words, saved, list)]);
  const turn = pager(list.page, pages, (page) => button.collection(page, list.editing));
  return { ...titled("🎵", words.say("collection.title"), lines), rows: [...rows, turn, tools(words, list)] };
}

function trackButton(words: Words, { id, track }: SavedTrack, { editing, page }: CollectionPage): InlineButton {
  const label = trackLabel(words, track ?? { title: "", uploader: "", durationSeconds: 0 });
  const remove = button.remove(id, page);
  if (editing && pattern.remove.test(remove)) return { text: `✖ ${label}`, data: remove };
  return { text: label, data: track ? button.track(track.key) : button.nothing };
}

function tools(words: Words, { editing, page, filter }: CollectionPage): InlineButton[] {
  const toggle = { text: words.say(editing ? "collection.done" : "collection.edit"), data: button.collection(page, !editing) };
  const find = { text: words.say("collection.find"), data: button.find };
  const all = { text: words.say("collection.all"), data: button.menu("collection") };
  return editing ? [toggle] : filter ? [find, toggle, all] : [find, toggle];
}

function emptyScreen(words: Words): Screen {
  return {
    ...titled("🎵", words.say("collection.title"), [words.say("collection.empty")]),
    rows: [[{ text: words.say("menu.search"), data: button.menu("search") }]],
  };
}

function noMatchScreen(words: Words, filter: string): Screen {
  const find = { text: words.say("collection.find"), data: button.find };
  const all = { text: words.say("collection.all"), data: button.menu("collection") };
  return {
    ...titled("🎵", words.say("collection.title"), [`🔎 ${filter}`, words.say("collection.no_match")]),
    rows: [[find, all]],
  };
}

/** Storage did not answer; `reason` is a sentence for the listener. */
export function collectionFailedScreen(words: Words, reason: string): Screen {
  return { text: reason, rows: [[{ text: words.say("download.again"), data: button.menu("collection") }]] };
}
