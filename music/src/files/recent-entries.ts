import type { StoredEntry } from "./stored-entry.js";

/** Entries that were found a moment ago, so that the next who asks costs no request. */
export interface RecentEntries {
  get(key: string): StoredEntry | undefined;
  add(key: string, entry: StoredEntry): void;
  /** Forgets all that a file answers. */
  forget(name: string): void;
}

/** Some 10 MB. */
const MAX_ENTRIES = 5_000;

/** @param forMs how long an entry is remembered, in milliseconds; 0 = not at all */
export function createRecentEntries(forMs: number, now: () => number): RecentEntries {
  const entries = new Map<string, { entry: StoredEntry; until: number }>();
  return {
    get(key) {
      const found = entries.get(key);
      if (!found) return undefined;
      if (found.until > now()) return found.entry;
      entries.delete(key);
      return undefined;
    },
    add(key, entry) {
      if (forMs === 0) return;
      entries.delete(key);
      entries.set(key, { entry, until: now() + forMs });
      if (entries.size <= MAX_ENTRIES) return;
      for (const oldest of entries.keys()) {
        entries.delete(oldest);
        break;
      }
    },
    forget(name) {
      for (const [key, { entry }] of entries) if (entry.name === name) entries.delete(key);
    },
  };
}
