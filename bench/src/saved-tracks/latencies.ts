import { quantile, type Table } from "../table.js";
import { COLLECTOR } from "./fill.js";
import type { Library } from "./library.js";

type Call = () => Promise<unknown>;

/** One list, in the small and in the large library. */
interface Compared {
  readonly name: string;
  readonly small: Call;
  readonly large: Call;
  readonly smallMs: number[];
  readonly largeMs: number[];
}

async function timed(call: Call): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

function compare(name: string, small: Call, large: Call): Compared {
  return { name, small, large, smallMs: [], largeMs: [] };
}

/** Calls in turn, one at a time: a slow moment of the machine strikes both. */
async function measure(lists: readonly Compared[], calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    for (const { small, large, smallMs, largeMs } of lists) {
      smallMs.push(await timed(small));
      largeMs.push(await timed(large));
    }
  }
}

const ms = (values: readonly number[], share: number) => quantile(values, share).toFixed(2);

/** How long ListTracks takes in a large library, beside the same in a small one. */
export async function compareLatencies(small: Library, large: Library, calls: number): Promise<Table> {
  const anybody = (library: Library) => () => library.savedTracks.list(library.firstPage(library.someone()));
  const collectors = (library: Library) => () => library.savedTracks.list(library.firstPage(COLLECTOR));
  const [smallPage, largePage] = [await small.page500(), await large.page500()];
  const lists = [
    compare("first page of anybody", anybody(small), anybody(large)),
    compare("first page of 505", collectors(small), collectors(large)),
    compare(
      "500th page",
      () => small.savedTracks.list(smallPage),
      () => large.savedTracks.list(largePage),
    ),
  ];
  await measure(lists, Math.ceil(calls / 5)); // warm up
  for (const { smallMs, largeMs } of lists) [smallMs, largeMs].forEach((values) => values.splice(0));
  await measure(lists, calls);
  const rows = lists.map(({ name, smallMs, largeMs }) => [
    name,
    `${ms(smallMs, 0.5)} / ${ms(smallMs, 0.99)}`,
    `${ms(largeMs, 0.5)} / ${ms(largeMs, 0.99)}`,
    `${(quantile(largeMs, 0.5) / quantile(smallMs, 0.5)).toFixed(2)}×`,
    `${(quantile(largeMs, 0.99) / quantile(smallMs, 0.99)).toFixed(2)}×`,
  ]);
  const size = ({ amount }: Library) => `${amount.tracks.toLocaleString("en")} tracks, ms p50 / p99`;
  const header = ["", size(small), size(large), "p50", "p99"];
  return { title: `ListTracks through the repository, one at a time, ${calls} calls each`, header, rows };
}
