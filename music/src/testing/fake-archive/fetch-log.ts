/** What the data node was asked for one file. */
export interface FileFetches {
  /** Requests that were answered with bytes. */
  count: number;
  /** Of these, so many ran at the same time at most. */
  maxAtOnce: number;
  /** The `Range` header of each; undefined for the whole file. */
  ranges: (string | undefined)[];
  /** That went out, over all of them. */
  bytes: number;
}

/** A request that is being answered. */
export interface RunningFetch {
  sent(bytes: number): void;
  end(): void;
}

/** Counts requests for files, by `IDENTIFIER/NAME`. */
export function createFetchLog() {
  const fetches = new Map<string, FileFetches>();
  const running = new Map<string, number>();
  return {
    fetches: (): ReadonlyMap<string, FileFetches> => fetches,
    begin(file: string, range: string | undefined): RunningFetch {
      const entry = fetches.get(file) ?? { count: 0, maxAtOnce: 0, ranges: [], bytes: 0 };
      const atOnce = (running.get(file) ?? 0) + 1;
      running.set(file, atOnce);
      entry.count++;
      entry.maxAtOnce = Math.max(entry.maxAtOnce, atOnce);
      entry.ranges.push(range);
      fetches.set(file, entry);
      return {
        sent: (bytes) => void (entry.bytes += bytes),
        end: () => void running.set(file, (running.get(file) ?? 1) - 1),
      };
    },
  };
}
