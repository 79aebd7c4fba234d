import { SEARCHED_FORMATS } from "./file-kind.js";

/** More words than that in one query add nothing. */
const MAX_WORDS = 12;
const MAX_WORD_LENGTH = 40;

const FORMATS = SEARCHED_FORMATS.map((format) => `"${format}"`).join(" OR ");
/** Concerts of bands that let their listeners record are a media type of their own. */
const PLAYABLE = `mediatype:(audio OR etree) AND format:(${FORMATS}) AND NOT access-restricted-item:true`;

/**
 * The words of a text, each in quotes: nothing that people type is syntax. Only letters, digits, and marks within a word (don't,
 * R.E.M.) pass; everything else parts words, as it does in the archive's own index.
 */
function quotedWords(text: string): string[] {
  const found = text
    .normalize("NFC")
    .replaceAll("’", "'")
    .toLowerCase()
    .match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['.][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*/gu);
  return (found ?? []).slice(0, MAX_WORDS).map((word) => `"${Array.from(word).slice(0, MAX_WORD_LENGTH).join("")}"`);
}

/** Items that know all words, wherever. Undefined when the text has no words. */
export function everywhere(text: string): string | undefined {
  const found = quotedWords(text);
  return found.length > 0 ? `(${found.join(" AND ")}) AND ${PLAYABLE}` : undefined;
}

/**
 * Items that know some of the words in their title or performer: an item does not always tell the titles of its tracks. Undefined
 * when that is no more than `everywhere`.
 */
export function nearby(text: string): string | undefined {
  const found = quotedWords(text).join(" OR ");
  return found.includes(" OR ") ? `(title:(${found}) OR creator:(${found})) AND ${PLAYABLE}` : undefined;
}

/** Items of a performer. Undefined when the text has no words. */
export function byCreator(text: string): string | undefined {
  const found = quotedWords(text);
  return found.length > 0 ? `creator:(${found.join(" AND ")}) AND ${PLAYABLE}` : undefined;
}

/** Items of a collection. @param identifier one that was checked */
export function inCollection(identifier: string): string {
  return `collection:"${identifier}" AND ${PLAYABLE}`;
}
