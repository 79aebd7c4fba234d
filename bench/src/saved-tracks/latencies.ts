import { median, quantile, type Table } from "../table.js";
import { COLLECTOR } from "./fill.js";
import type { Library } from "./library.js";

type Call = () => Promise<unknown>;

/** Milliseconds of one round's calls. */
interface Round {
  readonly small: number[];
  readonly large: number[];
}

/** One list, in the small and in the large library. */
interface Compared {
  readonly name: string;
  readonly small: Call;
  readonly large: Call;
}

async function timed(call: Call): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

/** Calls in turn, one at a time: a slow moment of the machine strikes both. */
async function measure({ small, large }: Compared, calls: number): Promise<Round> {
  const round: Round = { small: [], large: [] };
  for (let call = 0; call < calls; call++) {
    round.small.push(await timed(small));
    round.large.push(await timed(large));
  }
  return round;
}

async function lists(small: Library, large: Library): Promise<Compared[]> {
  const anybody = (library: Library) => () => library.savedTracks.list(library.firstPage(library.someone()));
  const collectors = (library: Library) => () => library.savedTracks.list(library.firstPage(COLLECTOR));
  const [smallPage, largePage] = [await small.page500(), await large.page500()];
  return [
    { name: "first page of anybody", small: anybody(small), large: anybody(large) },
    { name: "first page of the collector's 505", small: collectors(small), large: collectors(large) },
    {
      name: "500th page",
      small: () => small.savedTracks.list(smallPage),
      large: () => large.savedTracks.list(largePage),
    },
  ];
}

/** How long ListTracks takes in a large library, beside the same in a small one. */
export async function compareLatencies(small: Library, large: Library, rounds: number, calls: number): Promise<Table> {
  const rows: string[][] = [];
  for (const list of await lists(small, large)) {
    await measure(list, calls); // warm up
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measure(list, calls));
    rows.push([list.name, ...figures(measured)]);
  }
  const size = ({ amount }: Library) => `${amount.tracks.toLocaleString("en")} tracks, ms p50 / p99`;
  const header = ["", size(small), size(large), "p50", "p99"];
  const title = `ListTracks through the repository, one at a time, ${calls} calls a round, medians of ${rounds} rounds`;
  return { title, header, rows };
}

function figures(rounds: readonly Round[]): string[] {
  const middle = (of: keyof Round, share: number) => median(rounds.map((round) => quantile(round[of], share))).toFixed(2);
  const ratio = (share: number) =>
    `${median(rounds.map(({ small, large }) => quantile(large, share) / quantile(small, share))).toFixed(2)}×`;
  const both = (of: keyof Round) => `${middle(of, 0.5)} / ${middle(of, 0.99)}`;
  return [both("small"), both("large"), ratio(0.5), ratio(0.99)];
}
