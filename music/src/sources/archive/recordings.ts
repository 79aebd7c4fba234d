import { archiveUrl, isFileName } from "./archive-links.js";
import { type FileKind, kindOf } from "./file-kind.js";
import { countOf, type Fields, isFields, isTrue, secondsOf, textOf, textsOf, trackNumberOf } from "./read-fields.js";
import { words } from "../library/search-text.js";

/** A file that can be fetched. */
export interface AudioFile {
  readonly name: string;
  readonly kind: FileKind;
  /** 0 when the archive does not say. */
  readonly sizeBytes: number;
}

/** One recording of an item, in all the encodings that it is there in. */
export interface Recording {
  /** Name of the file that was uploaded: it stays when the archive makes new encodings. */
  readonly name: string;
  /** The encodings, the one to be fetched rather first. Never empty. */
  readonly files: readonly AudioFile[];
  /** Names of all files that belong to it, those that cannot be had included. */
  readonly names: readonly string[];
  /** Encodings that were uploaded, rather than made by the archive. */
  readonly uploaded: readonly string[];
  /** Of the tags; empty when they do not say. */
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  /** 0 when unknown. */
  readonly seconds: number;
  /** 0 when unknown. */
  readonly number: number;
}

/** Files that were made of one another: the upload, and what the archive made of it. */
interface Family {
  root: string;
  names: string[];
  files: AudioFile[];
  tags: Fields[];
}

/** Encodings of one recording differ by no more than that. */
const SAME_LENGTH_SECONDS = 2;
const MAX_HOPS = 5;
/** Nobody uploads one recording in more encodings; a list that says so would take long to fold. */
const MAX_UPLOADS = 6;
const MAX_URL_LENGTH = 2048;

/** Finds the recordings among an item's files, in the order in which they are played. */
export function toRecordings(identifier: string, files: readonly unknown[]): Recording[] {
  const byName = new Map(files.filter(isFields).map((file) => [nameOf(file), file]));
  const families = new Map<string, Family>();
  for (const [name, file] of byName) {
    const kind = kindOf(name, file.format);
    const root = rootOf(file, byName);
    // Most files of an item are pictures and lists.
    if (!kind || !isUsable(identifier, name) || !isUsable(identifier, root)) continue;
    const family = families.get(root) ?? startFamily(root, byName);
    families.set(root, family);
    if (name !== root) addMember(family, name, file);
    if (!isTrue(file.private) && textOf(file.size) !== "0") family.files.push({ name, kind, sizeBytes: countOf(file.size) });
  }
  const playable = [...families.values()].filter((family) => family.files.length > 0);
  return inOrder(foldUploads(playable.map(toRecording).toSorted(byPreference)));
}

/** Names are not tidied: the file has this name and no other. */
function nameOf(file: Fields): string {
  return typeof file.name === "string" ? file.name : "";
}

/** Most names are short enough in any encoding. */
const SHORT_NAME_LENGTH = 200;

function isUsable(identifier: string, name: string): boolean {
  return isFileName(name) && (name.length <= SHORT_NAME_LENGTH || archiveUrl({ identifier, name }).length <= MAX_URL_LENGTH);
}

/** The upload's own tags come first: encodings inherit them, not always whole. */
function startFamily(root: string, byName: ReadonlyMap<string, Fields>): Family {
  const upload = byName.get(root);
  return { root, names: [root], files: [], tags: upload ? [upload] : [] };
}

function addMember(family: Family, name: string, file: Fields): void {
  family.names.push(name);
  family.tags.push(file);
}

/** The upload that a file was made of, maybe over steps. */
function rootOf(file: Fields, byName: ReadonlyMap<string, Fields>): string {
  let name = nameOf(file);
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const original = byName.get(name)?.original;
    if (typeof original !== "string" || !isFileName(original) || original === name) return name;
    name = original;
  }
  return nameOf(file); // made of one another in a circle
}

function toRecording({ root, names, files, tags }: Family): Recording {
  const first = (key: string) => tags.map((tag) => textOf(tag[key])).find(Boolean) ?? "";
  const artists = tags.map((tag) => textsOf(tag.artist ?? tag.creator).join(", ")).find(Boolean) ?? "";
  return {
    name: root,
    names,
    uploaded: [kindOf(root, "")?.family ?? root.split(".").at(-1) ?? ""],
    files: files.toSorted((a, b) => a.kind.rank - b.kind.rank || b.sizeBytes - a.sizeBytes || compare(a.name, b.name)),
    title: first("title"),
    artist: artists,
    album: first("album"),
    seconds: tags.map((tag) => secondsOf(tag.length)).find((seconds) => seconds > 0) ?? 0,
    number: trackNumberOf(first("track")),
  };
}

/** Takes several uploads of one recording together, such as an MP3 beside a FLAC: the one that is rather fetched gives the name. */
function foldUploads(recordings: readonly Recording[]): Recording[] {
  const kept: Recording[] = [];
  const places = new Map<string, number>();
  for (const recording of recordings) {
    const keys = likenesses(recording);
    const place = keys.map((key) => places.get(key)).find((at) => at !== undefined && alike(kept[at], recording));
    const at = place ?? kept.length;
    const same = place === undefined ? undefined : kept[place];
    kept[at] = same ? together(same, recording) : recording;
    for (const key of keys) if (!places.has(key)) places.set(key, at);
  }
  return kept;
}

function likenesses({ name, title, number, seconds }: Recording): string[] {
  const stem = name.replace(/\.[a-z0-9]{2,4}$/i, "").replace(/_(?:vbr|\d+kb)$/i, "");
  const tag = words(title).join(" ");
  return [
    `path:${stem}`,
    // In another folder the name alone is not enough: each disc has a "01".
    ...(seconds > 0 ? [`file:${stem.split("/").at(-1)}`] : []),
    ...(tag && number > 0 ? [`tag:${number}:${tag}`] : []),
  ];
}

function alike(one: Recording | undefined, other: Recording): boolean {
  if (!one || one.uploaded.length === MAX_UPLOADS) return false;
  if (other.uploaded.some((family) => one.uploaded.includes(family))) return false;
  const known = one.seconds > 0 && other.seconds > 0;
  return !known || Math.abs(one.seconds - other.seconds) <= SAME_LENGTH_SECONDS;
}

function together(one: Recording, other: Recording): Recording {
  return {
    ...one,
    names: [...one.names, ...other.names],
    uploaded: [...one.uploaded, ...other.uploaded],
    files: [...one.files, ...other.files].toSorted((a, b) => a.kind.rank - b.kind.rank),
    title: one.title || other.title,
    artist: one.artist || other.artist,
    album: one.album || other.album,
    seconds: one.seconds || other.seconds,
    number: one.number || other.number,
  };
}

/** So that it does not depend on the order of the files which of several uploads gives the name. */
function byPreference(one: Recording, other: Recording): number {
  const rank = ({ files, name }: Recording) => files.find((file) => file.name === name)?.kind.rank ?? Number.MAX_SAFE_INTEGER;
  return rank(one) - rank(other) || (one.name < other.name ? -1 : 1);
}

/** Folders are discs; within one the tracks go by number, and those without one after the others, by name. */
function inOrder(recordings: readonly Recording[]): Recording[] {
  const placed = recordings.map((recording) => ({ recording, folder: folderOf(recording), place: placeOf(recording) }));
  return placed
    .toSorted((one, other) => {
      const folder = one.folder === other.folder ? 0 : compare(one.folder, other.folder);
      return folder || one.place - other.place || compare(one.recording.name, other.recording.name);
    })
    .map(({ recording }) => recording);
}

/** Many number their files rather than their tags. */
function placeOf({ name, number }: Recording): number {
  return number || Number(/^(\d{1,3})[\s._-]/.exec(name.slice(name.lastIndexOf("/") + 1))?.[1] ?? Number.MAX_SAFE_INTEGER);
}

function folderOf({ name }: Recording): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

const { compare } = new Intl.Collator("en", { numeric: true });
