import { NoSpaceError } from "../errors.js";
import type { HomeItem } from "./file-home.js";
import { parseStoredName } from "./file-names.js";

/** What is known of one stored file. */
interface KeptFile {
  readonly sizeBytes: number;
  /** When it was last promised or read, in milliseconds since 1970. */
  usedAt: number;
  readers: number;
}

/** The books of the store: which files there are, who reads them, who has to go. Touches no disk; every step takes the same time however many there are. */
export interface KeptFiles {
  get(name: string): KeptFile | undefined;
  /** Adds a file as used now. */
  add(name: string, sizeBytes: number): void;
  /** Says that a file is used now; nothing happens when it is not in the books. */
  use(name: string): void;
  /** Enters what was found on the disk. What is in the books already keeps the later use. */
  enter(items: readonly HomeItem[]): void;
  delete(name: string): void;
  /**
   * Names of audio files to remove so that `bytes` more fit in, least recently used first.
   *
   * @throws NoSpaceError when even that would not help: files that are read, or young, stay
   */
  victims(bytes: number): string[];
  /** Audio files, or covers, that nobody reads and nobody has used since. */
  idle(kind: "audio" | "cover", since: number): string[];
  /** When the audio file that has not been used for longest was used last; undefined without any. */
  oldestUse(): number | undefined;
  /** Counts bytes that are on their way. @returns what gives them back; the second call does nothing */
  reserve(bytes: number): () => void;
  /** Counts a reader. @returns what ends it; the second call does nothing */
  hold(name: string): () => void;
  names(): IterableIterator<string>;
  readonly count: number;
  /** Bytes of all files. */
  readonly usedBytes: number;
}

export interface KeptFilesOptions {
  maxBytes: number;
  /** What was used within so many milliseconds stays. */
  youngMs: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function createKeptFiles({ maxBytes, youngMs, now }: KeptFilesOptions): KeptFiles {
  /** In the order of their last use. */
  let files = new Map<string, KeptFile>();
  let reservedBytes = 0;
  let usedBytes = 0;

  function remove(name: string) {
    const file = files.get(name);
    if (!file) return;
    files.delete(name);
    usedBytes -= file.sizeBytes;
  }

  function use(name: string) {
    const file = files.get(name);
    if (!file) return;
    file.usedAt = now();
    files.delete(name);
    files.set(name, file);
  }

  return {
    get: (name) => files.get(name),
    add(name, sizeBytes) {
      const readers = files.get(name)?.readers ?? 0;
      remove(name);
      files.set(name, { sizeBytes, usedAt: now(), readers });
      usedBytes += sizeBytes;
    },
    use,
    enter(items) {
      for (const { name, sizeBytes, usedAt } of items) {
        const known = files.get(name);
        if (known) known.usedAt = Math.max(known.usedAt, usedAt);
        else {
          files.set(name, { sizeBytes, usedAt, readers: 0 });
          usedBytes += sizeBytes;
        }
      }
      files = new Map([...files].toSorted(([, one], [, other]) => one.usedAt - other.usedAt));
    },
    delete: remove,
    victims(bytes) {
      let excess = usedBytes + reservedBytes + bytes - maxBytes;
      const names: string[] = [];
      for (const [name, { sizeBytes, usedAt, readers }] of files) {
        if (excess <= 0 || now() - usedAt < youngMs) break;
        if (readers > 0 || isCover(name)) continue;
        excess -= sizeBytes;
        names.push(name);
      }
      if (excess > 0) throw new NoSpaceError("the files that are stored are in use, and there is no room for another one");
      return names;
    },
    idle(kind, since) {
      const names: string[] = [];
      for (const [name, { usedAt, readers }] of files) {
        if (usedAt >= since) break;
        if (readers === 0 && isCover(name) === (kind === "cover")) names.push(name);
      }
      return names;
    },
    oldestUse() {
      for (const [name, { usedAt }] of files) if (!isCover(name)) return usedAt;
      return undefined;
    },
    reserve(bytes) {
      reservedBytes += bytes;
      return once(() => {
        reservedBytes -= bytes;
      });
    },
    hold(name) {
      const file = files.get(name);
      if (!file) return () => {};
      file.readers++;
      return once(() => {
        // Put again meanwhile: the readers went along.
        const held = files.get(name) ?? file;
        held.readers--;
        use(name);
      });
    },
    names: () => files.keys(),
    get count() {
      return files.size;
    },
    get usedBytes() {
      return usedBytes;
    },
  };
}

/** Covers go when the audio that shows them is long gone, never to make room. */
function isCover(name: string): boolean {
  return parseStoredName(name) === "jpg";
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
