import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import type { Covers } from "../../covers/covers.js";

/** Covers of a library, where many tracks share one. */
export interface CoverKeeper {
  /** Name of the kept cover; undefined when the picture cannot be used. */
  save(picture: Uint8Array): Promise<string | undefined>;
  has(name: string): Promise<boolean>;
}

/** Pictures that are remembered: an album's tracks lie together. */
const REMEMBERED = 500;

export function createCoverKeeper(covers: Covers, signal: AbortSignal): CoverKeeper {
  const names = new Map<string, Promise<string | undefined>>();
  // Read once: to ask for each of a hundred thousand takes seconds.
  let there: Promise<Set<string>> | undefined;

  return {
    save(picture) {
      const key = createHash("sha256").update(picture).digest("base64");
      const known = names.get(key);
      if (known) return known;
      const saved = covers.save(picture, signal);
      names.set(key, saved);
      const [oldest] = names.keys();
      if (names.size > REMEMBERED && oldest !== undefined) names.delete(oldest);
      saved.catch(() => names.delete(key));
      return saved;
    },
    async has(name) {
      there ??= readdir(covers.folder).then((found) => new Set(found));
      return (await there).has(name) || covers.has(name);
    },
  };
}
