import { SourceUnavailableError, TrackNotFoundError } from "../../errors.js";
import { isIdentifier } from "./archive-links.js";
import { isFields, isTrue, textOf, textsOf } from "./read-fields.js";
import { type Recording, toRecordings } from "./recordings.js";

/** An item: an album, a single, a concert, a book that is read aloud. Or a collection of items. */
export interface ArchiveItem {
  readonly identifier: string;
  readonly title: string;
  /** Several are joined by commas; empty when unknown. */
  readonly creator: string;
  /** Address of the licence; empty when unknown. */
  readonly license: string;
  readonly isCollection: boolean;
  /** In the order in which they are played. */
  readonly recordings: readonly Recording[];
}

/** Lent out, or for people who sign in. */
const LENT: readonly string[] = ["inlibrary", "lendinglibrary", "printdisabled", "browserlending"];

/**
 * Reads what `/metadata/ID` answered.
 *
 * @throws TrackNotFoundError for an item that is not there, was taken away, or is not for everybody
 * @throws SourceUnavailableError when it is no such answer
 */
export function readItem(identifier: string, answer: unknown): ArchiveItem {
  // Nothing is what the archive answers for an identifier that nobody has.
  if (Array.isArray(answer) && answer.length === 0) throw gone();
  if (!isFields(answer)) throw nonsense();
  if (isTrue(answer.is_dark) || isTrue(answer.nodownload)) throw gone();
  const { metadata, files } = answer;
  if (!isFields(metadata)) {
    if (Object.keys(answer).length === 0 || /not found|locate|invalid|no such/i.test(textOf(answer.error))) throw gone();
    throw nonsense();
  }
  const isLent = textsOf(metadata.collection).some((name) => LENT.includes(name));
  if (isTrue(metadata["access-restricted-item"]) || isTrue(metadata["access-restricted"]) || isLent) {
    throw new TrackNotFoundError("the archive lends this, and does not give it away");
  }
  return {
    identifier,
    title: textOf(metadata.title) || identifier,
    creator: textsOf(metadata.creator ?? metadata.artist).join(", "),
    license: licenseOf(metadata.licenseurl),
    isCollection: textOf(metadata.mediatype) === "collection",
    recordings: Array.isArray(files) ? toRecordings(identifier, files) : [],
  };
}

/** Reads what `advancedsearch.php` answered: best match first, each once. @throws SourceUnavailableError */
export function readIdentifiers(answer: unknown): string[] {
  const docs = isFields(answer) && isFields(answer.response) ? answer.response.docs : undefined;
  if (!Array.isArray(docs)) throw nonsense();
  const identifiers = docs
    .filter(isFields)
    .map(({ identifier }) => textOf(identifier))
    .filter(isIdentifier);
  return [...new Set(identifiers)];
}

function licenseOf(value: unknown): string {
  const text = textOf(value);
  return /^https?:\/\/\S{1,280}$/.test(text) ? text : "";
}

function gone(): TrackNotFoundError {
  return new TrackNotFoundError("the archive does not have this, or no longer");
}

function nonsense(): SourceUnavailableError {
  return new SourceUnavailableError("the archive answers what is no answer");
}
