/** What the data node was asked for one file. */
export interface FileFetches {
  /** Requests that were answered with bytes. */
  count: number;
  /** Of these, so many ran at the same time at most. */
  maxAtOnce: number;
  /** The `Range` header of each; undefined for the whole file. */
  ranges: (string | undefined)[];
}

/** Counts requests for files, by `IDENTIFIER/NAME`. */
export function createFetchLog() {
  const fetches = new Map<string, FileFetches>();
  const running = new Map<string, number>();
  return {
    fetches: (): ReadonlyMap<string, FileFetches> => fetches,
    /** @returns what says that the request has ended */
    begin(file: string, range: string | undefined): () => void {
      const entry = fetches.get(file) ?? { count: 0, maxAtOnce: 0, ranges: [] };
      const atOnce = (running.get(file) ?? 0) + 1;
      running.set(file, atOnce);
      entry.count++;
      entry.maxAtOnce = Math.max(entry.maxAtOnce, atOnce);
      entry.ranges.push(range);
      fetches.set(file, entry);
      return () => running.set(file, (running.get(file) ?? 1) - 1);
    },
  };
}
