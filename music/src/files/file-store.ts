import { stat } from "node:fs/promises";
import type { Stored, WorkRequest } from "../downloads/work.js";
import { fileCacheEvictions } from "../metrics.js";
import { FileGoneError, type OpenedFile } from "./file-home.js";
import { requestKey } from "./file-names.js";
import { createKeptFiles } from "./kept-files.js";
import { createRecentEntries } from "./recent-entries.js";
import { coverOf, formatEntry, parseEntry, type StoredEntry } from "./stored-entry.js";
import type { FileStoreOptions, StoreContext } from "./store-context.js";
import { sweepStore } from "./sweep-store.js";

/** Room for a file on its way. */
export interface Reservation {
  /** The second call does nothing. */
  release(): void;
}

/** A finished file, with what is known of it. */
export interface FinishedFile {
  path: string;
  entry: StoredEntry;
  /** Picture that the entry shows, when it is a file to be stored too. */
  coverPath?: string | undefined;
}

/** A file that stays while it is held. */
export interface HeldFile extends OpenedFile {
  /** The second call does nothing. */
  release(): void;
}

/** The files that were fetched: bounded in bytes and age, the least recently used goes first. */
export interface FileStore {
  /** The stored result of a request, which then stays for 10 minutes at least. */
  find(request: WorkRequest): Promise<Stored | undefined>;
  /** The same for a `requestKey`. */
  findEntry(key: string): Promise<StoredEntry | undefined>;
  /** Makes and keeps room for a file that is being fetched. @throws NoSpaceError */
  reserve(bytes: number): Promise<Reservation>;
  /** Takes a finished file in, as the result of all `requests`, in the place of a reservation. @throws NoSpaceError */
  save(file: FinishedFile, requests: readonly WorkRequest[], reservation?: Reservation): Promise<void>;
  /** Holds a file for reading; undefined when there is none of that name. */
  open(name: string, signal: AbortSignal): Promise<HeldFile | undefined>;
  usage(): { files: number; bytes: number };
  /** Names of all files, and keys of all entries. */
  contents(signal: AbortSignal): AsyncIterable<string>;
  /** Whether files can be kept, and how full it is. */
  probe(): Promise<{ ok: boolean; detail: string }>;
  /** Resolves when it is known what lies at home. Everything works before, but for making room. */
  readonly ready: Promise<void>;
  /** Looks after bounds and leftovers at once; it happens by itself too. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** A promise holds for so long. */
const PROMISE_MS = 600_000;
/** Replicas' clocks, and that of a bucket, may differ. */
const SKEW_MS = 300_000;

/** Opens a store at a home. Resolves at once: what lies there is looked at beside. */
export function openFileStore(options: FileStoreOptions): FileStore {
  const { home, maxBytes, now } = options;
  const youngMs = PROMISE_MS + (home.shared ? home.touchEveryMs + SKEW_MS : 0);
  const kept = createKeptFiles({ maxBytes, youngMs, now });
  const closing = new AbortController();
  const base = { ...options, kept, youngMs, closing, removing: new Map(), recent: createRecentEntries(home.touchEveryMs, now) };
  const sweeper = sweepStore(base, evict);
  const context: StoreContext = { ...base, ready: sweeper.ready };
  return {
    ready: sweeper.ready,
    sweep: sweeper.sweep,
    async find({ url, format }) {
      const entry = await findEntry(requestKey(url, format), context);
      return entry && { file: entry.file, track: entry.track };
    },
    findEntry: (key) => findEntry(key, context),
    async reserve(bytes) {
      await context.ready;
      const victims = kept.victims(bytes);
      const release = kept.reserve(bytes);
      await evict(victims, context).catch((error: unknown) => {
        release();
        throw error;
      });
      return { release };
    },
    save: (file, requests, reservation) => save(file, requests, reservation, context),
    open: (name, signal) => open(name, context, signal),
    usage: () => ({ files: kept.count, bytes: kept.usedBytes }),
    async *contents(signal) {
      yield* kept.names();
      for await (const { name } of home.list("entries", signal)) yield name;
    },
    async probe() {
      const { ok, detail } = await home.probe();
      const usage = `${kept.count} files, ${inMb(kept.usedBytes)} of ${inMb(maxBytes)} MB`;
      return { ok, detail: detail ? `${detail}; ${usage}` : usage };
    },
    async close() {
      closing.abort(new Error("music is stopping"));
      await sweeper.idle();
      await home.close();
    },
  };
}

async function findEntry(key: string, context: StoreContext): Promise<StoredEntry | undefined> {
  const { home, kept, recent, removing } = context;
  const known = recent.get(key);
  if (known) {
    kept.use(known.name);
    return known;
  }
  const text = await home.readEntry(key);
  const entry = text === undefined ? undefined : parseEntry(text);
  if (!entry || removing.has(entry.name)) return undefined;
  // In the books before it is on the disk, so that nobody makes it go meanwhile.
  kept.use(entry.name);
  const cover = coverOf(entry);
  if (cover !== undefined) kept.use(cover);
  const touches = [home.touch("files", entry.name), home.touch("entries", key)];
  if (cover !== undefined) touches.push(home.touch("files", cover));
  const [there = false] = await Promise.all(touches);
  if (there && (await isWhole(entry, context))) {
    if (home.shared && !kept.get(entry.name)) kept.add(entry.name, Number(entry.file.sizeBytes)); // saved by another replica
    recent.add(key, entry);
    return entry;
  }
  if (!there) forget(entry.name, context);
  return undefined;
}

/** A disk that lost its power may hold half of a file under its whole name. */
async function isWhole({ name, file }: StoredEntry, context: StoreContext): Promise<boolean> {
  const { home, kept, closing } = context;
  const sizeBytes = kept.get(name)?.sizeBytes ?? (await home.open(name, undefined, closing.signal))?.sizeBytes;
  if (sizeBytes === undefined || sizeBytes === Number(file.sizeBytes)) return sizeBytes !== undefined;
  await evict([name], context, Number.POSITIVE_INFINITY);
  return false;
}

/** Somebody else removed it. */
function forget(name: string, { kept, recent }: StoreContext) {
  kept.delete(name);
  recent.forget(name);
}

async function save(
  { path, entry, coverPath }: FinishedFile,
  requests: readonly WorkRequest[],
  reservation: Reservation | undefined,
  context: StoreContext,
): Promise<void> {
  const { home, kept, recent, onChange, removing } = context;
  const { name } = entry;
  const cover = coverPath === undefined ? undefined : coverOf(entry);
  const { size } = await stat(path);
  const coverBytes = coverPath === undefined ? 0 : (await stat(coverPath)).size;
  await context.ready;
  const isNew = kept.get(name) === undefined;
  // In one step: nobody else takes the room between.
  reservation?.release();
  const victims = isNew ? kept.victims(size + coverBytes) : [];
  kept.add(name, size);
  try {
    await evict(victims, context);
    await removing.get(name);
    await home.put(name, path);
    if (cover !== undefined && coverPath !== undefined) {
      kept.add(cover, coverBytes);
      await home.put(cover, coverPath);
    }
    const keys = requests.map(({ url, format }) => requestKey(url, format));
    for (const key of keys) await home.writeEntry(key, formatEntry(entry));
    for (const key of keys) recent.add(key, entry);
    await onChange?.({ added: [name, ...(cover === undefined ? [] : [cover]), ...keys], removed: [] });
  } catch (error) {
    // Another request may have it as its answer. What went wrong first is what counts; a home that is away has kept nothing.
    if (isNew) await evict([name], context, Number.POSITIVE_INFINITY).catch(() => kept.delete(name));
    throw error;
  }
}

async function open(name: string, context: StoreContext, signal: AbortSignal): Promise<HeldFile | undefined> {
  const { home, kept } = context;
  const release = kept.hold(name);
  try {
    const known = home.shared ? kept.get(name)?.sizeBytes : undefined;
    const opened = await home.open(name, known, signal);
    if (!opened) {
      release();
      forget(name, context);
      return undefined;
    }
    const beat = home.shared ? setInterval(() => void touchHeld(name, context), home.touchEveryMs).unref() : undefined;
    return {
      sizeBytes: opened.sizeBytes,
      read: (range, reading) =>
        opened.read(range, reading).catch((error: unknown) => {
          if (error instanceof FileGoneError) forget(name, context);
          throw error;
        }),
      release() {
        clearInterval(beat);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The other replicas see that it is read. One that is missed, the next one makes good. */
async function touchHeld(name: string, { home, logger }: StoreContext) {
  await home.touch("files", name).catch((error: unknown) => logger.warn({ err: error }, "a file in use cannot be touched"));
}

/** Removes files: forgets them at once, and remembers those that somebody else has used since. */
async function evict(names: readonly string[], context: StoreContext, idleSince?: number): Promise<void> {
  if (names.length === 0) return;
  const { home, kept, recent, removing, now, youngMs, alone, onChange } = context;
  const sizes = new Map(names.map((name) => [name, kept.get(name)?.sizeBytes ?? 0]));
  for (const name of names) {
    kept.delete(name);
    recent.forget(name);
  }
  const remove = () => home.remove("files", names, idleSince ?? now() - youngMs);
  const removal = alone && idleSince === undefined ? alone(remove) : remove();
  for (const name of names) removing.set(name, removal);
  let gone: string[] = [];
  try {
    gone = (await removal) ?? [];
  } finally {
    for (const name of names) removing.delete(name);
    for (const name of gone) sizes.delete(name);
    for (const [name, sizeBytes] of sizes) kept.add(name, sizeBytes);
  }
  fileCacheEvictions.inc(gone.length);
  await onChange?.({ added: [], removed: gone });
}

function inMb(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
