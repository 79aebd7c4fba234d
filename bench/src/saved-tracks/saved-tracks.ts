import { totalmem } from "node:os";
import { findPostgres, startPostgres } from "@refrain/storage/testing-postgres";
import type { Table } from "../table.js";
import { compareLatencies } from "./latencies.js";
import { COLLECTOR_TRACKS, type Amount } from "./fill.js";
import { Library } from "./library.js";
import { measureRpcs } from "./rpcs.js";
import { compareThroughput } from "./throughput.js";

export interface SavedTracksOptions extends Amount {
  readonly rounds: number;
  readonly roundMs: number;
  /** Calls of each list in one round, whose time is taken one by one. */
  readonly calls: number;
  /** Whether the RPCs are measured too, in a process of their own. */
  readonly rpcs: boolean;
}

/** 10,100 of the collector and as many of 1,000 others. */
const SMALL: Amount = { tracks: 2 * COLLECTOR_TRACKS, users: 1_000 };

/** As its manual advises for a machine of its own; nothing is written ahead while the tables are filled. */
function settings(): Record<string, string> {
  return {
    shared_buffers: `${Math.floor(totalmem() / 4 / 1024 ** 2)}MB`,
    effective_cache_size: `${Math.floor(totalmem() / 2 / 1024 ** 2)}MB`,
    max_wal_size: "8GB",
    wal_level: "minimal",
    max_wal_senders: "0",
    random_page_cost: "1.1",
  };
}

/** Saved tracks in a private PostgreSQL: a small library beside a large one, and the repository beside node-postgres alone. */
export async function benchSavedTracks(options: SavedTracksOptions): Promise<Table[]> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  const changed = settings();
  const postgres = await startPostgres(bin, changed);
  const open: Library[] = [];
  const library = async (name: string, amount: Amount) => {
    const opened = await Library.open(await postgres.createDatabase(name), amount);
    open.push(opened);
    return opened;
  };
  try {
    const small = await library("small", SMALL);
    const startedAt = performance.now();
    const large = await library("large", options);
    const seconds = (performance.now() - startedAt) / 1_000;
    const { rounds, roundMs } = options;
    return [
      await describe(large, seconds, { fsync: "off", ...changed }),
      await compareLatencies(small, large, rounds, options.calls),
      await compareThroughput(large, rounds, roundMs),
      ...(options.rpcs ? [await measureRpcs(large, rounds, roundMs)] : []),
    ];
  } finally {
    for (const opened of open) await opened.close();
    await postgres.stop();
  }
}

async function describe(library: Library, seconds: number, changed: Readonly<Record<string, string>>): Promise<Table> {
  const { rows } = await library.database.pool.query<{ version: string; table: string; indexes: string }>(
    `SELECT current_setting('server_version') AS version, pg_size_pretty(pg_table_size('saved_tracks')) AS table,
       pg_size_pretty(pg_indexes_size('saved_tracks')) AS indexes`,
  );
  const { tracks, users } = library.amount;
  const facts = [
    ["saved tracks", tracks.toLocaleString("en")],
    ["users", users.toLocaleString("en")],
    ["tracks of the collector", COLLECTOR_TRACKS.toLocaleString("en")],
    ["table, indexes", `${rows[0]?.table}, ${rows[0]?.indexes}`],
    ["filled in", `${seconds.toFixed(0)} s`],
    ["PostgreSQL", rows[0]?.version ?? ""],
    ...Object.entries(changed),
  ];
  return { title: "The large library", header: ["", "figure"], rows: facts };
}
