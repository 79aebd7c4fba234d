import { callFor } from "../lanes.js";
import { median, type Table } from "../table.js";
import type { Library } from "./library.js";
import { rawCall, type Replacements } from "./raw.js";

type Call = () => Promise<unknown>;

/** The same work through the repository and through node-postgres alone. */
interface Compared {
  readonly name: string;
  readonly repository: Call;
  readonly raw: Call;
  readonly perSecond: { repository: number; raw: number }[];
}

/** Calls at once: more than there are connections, as under load. */
const IN_FLIGHT = 16;

async function list(library: Library): Promise<Compared> {
  const { savedTracks, database } = library;
  const sample = library.someone();
  const replace = (): Replacements => new Map([[sample, library.someone()]]);
  const raw = await rawCall(database.pool, "raw_first", () => savedTracks.list(library.firstPage(sample)), replace);
  const repository = () => savedTracks.list(library.firstPage(library.someone()));
  return { name: "ListTracks, first page of anybody", repository, raw, perSecond: [] };
}

async function listDeep(library: Library): Promise<Compared> {
  const { savedTracks, database } = library;
  const page = await library.page500();
  const repository = () => savedTracks.list(page);
  const raw = await rawCall(database.pool, "raw_500th", repository);
  return { name: `ListTracks, 500th page of the collector's`, repository, raw, perSecond: [] };
}

async function save(library: Library): Promise<Compared> {
  const { savedTracks, database } = library;
  const sample = library.newTrack();
  const now = new Date();
  const replace = (): Replacements => {
    const { userId, key, bytes, searchText } = library.newTrack();
    return new Map<unknown, unknown>([
      [sample.userId, userId],
      [sample.key, key],
      [sample.bytes, bytes],
      [sample.searchText, searchText],
    ]);
  };
  const raw = await rawCall(database.pool, "raw_save", () => savedTracks.save(sample, now), replace);
  return { name: "SaveTrack", repository: () => savedTracks.save(library.newTrack(), new Date()), raw, perSecond: [] };
}

/** Calls per second of the repository, beside node-postgres alone with the same statements on the same connections. */
export async function compareThroughput(library: Library, rounds: number, roundMs: number): Promise<Table> {
  const compared = [await list(library), await listDeep(library), await save(library)];
  const perSecond = (call: Call) => callFor(async () => void (await call()), roundMs, IN_FLIGHT);
  for (let round = -1; round < rounds; round++) {
    for (const { repository, raw, perSecond: figures } of compared) {
      // In turns: who comes second finds more in memory.
      const figure =
        round % 2 === 0
          ? { repository: await perSecond(repository), raw: await perSecond(raw) }
          : { raw: await perSecond(raw), repository: await perSecond(repository) };
      if (round >= 0) figures.push(figure); // the first one warms up
    }
  }
  const rows = compared.map(({ name, perSecond: figures }) => [
    name,
    median(figures.map(({ repository }) => repository)).toFixed(0),
    median(figures.map(({ raw }) => raw)).toFixed(0),
    `${median(figures.map(({ repository, raw }) => repository / raw)).toFixed(2)}×`,
  ]);
  const header = ["", "repository, calls/s", "raw pg, calls/s", "repository / raw"];
  return { title: `${library.amount.tracks.toLocaleString("en")} tracks, ${IN_FLIGHT} in flight, medians`, header, rows };
}
