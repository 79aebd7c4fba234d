import { NoSpaceError } from "../errors.js";

/** What is known of one stored file. */
interface KeptFile {
  readonly sizeBytes: number;
  /** When it was last promised or read, in milliseconds since 1970. */
  usedAt: number;
  readers: number;
  /** Keys of the requests that it answers. */
  readonly keys: Set<string>;
}

/** The books of the cache: which files there are, who holds them, who has to go. Touches no disk. */
export interface KeptFiles {
  get(name: string): KeptFile | undefined;
  /** Adds a file, or gives the one that is there. */
  add(name: string, sizeBytes: number, usedAt: number): KeptFile;
  delete(name: string): void;
  /**
   * Names to remove so that `bytes` more fit in, least recently used first.
   *
   * @throws NoSpaceError when even that would not help: files that are read, or younger than 10 minutes, stay
   */
  victims(bytes: number): string[];
  /** Counts bytes that are on their way. @returns what gives them back; the second call does nothing */
  reserve(bytes: number): () => void;
  /** Counts a reader. @returns what ends it; the second call does nothing */
  hold(file: KeptFile): () => void;
  readonly count: number;
  /** Bytes of all files. */
  usedBytes(): number;
}

const YOUNG_MS = 600_000;

/** @param now milliseconds since 1970 */
export function createKeptFiles(maxBytes: number, now: () => number): KeptFiles {
  const files = new Map<string, KeptFile>();
  let reservedBytes = 0;
  const usedBytes = () => [...files.values()].reduce((sum, file) => sum + file.sizeBytes, 0);

  function once(action: () => void): () => void {
    let done = false;
    return () => {
      if (!done) action();
      done = true;
    };
  }

  return {
    get: (name) => files.get(name),
    add(name, sizeBytes, usedAt) {
      const file = files.get(name) ?? { sizeBytes, usedAt, readers: 0, keys: new Set() };
      files.set(name, file);
      return file;
    },
    delete: (name) => void files.delete(name),
    victims(bytes) {
      let excess = usedBytes() + reservedBytes + bytes - maxBytes;
      const idle = [...files].filter(([, file]) => file.readers === 0 && now() - file.usedAt >= YOUNG_MS);
      const names: string[] = [];
      for (const [name, { sizeBytes }] of idle.toSorted(([, one], [, other]) => one.usedAt - other.usedAt)) {
        if (excess <= 0) break;
        excess -= sizeBytes;
        names.push(name);
      }
      if (excess > 0) throw new NoSpaceError("the files that are stored are in use, and there is no room for another one");
      return names;
    },
    reserve(bytes) {
      reservedBytes += bytes;
      return once(() => {
        reservedBytes -= bytes;
      });
    },
    hold(file) {
      file.readers++;
      return once(() => {
        file.readers--;
        file.usedAt = now();
      });
    },
    get count() {
      return files.size;
    },
    usedBytes,
  };
}
