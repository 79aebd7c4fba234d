import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchChains } from "./chain-steps.js";
import { benchEcho, benchStreams } from "./echo.js";
import { benchFetch } from "./fetch/fetch.js";
import { benchLibrary } from "./library/library.js";
import { barPlot } from "./plot.js";
import { benchSearchCache } from "./search-cache.js";
import { benchSavedTracks } from "./saved-tracks/saved-tracks.js";
import { ROOT } from "./service.js";
import { type Table, toMarkdown } from "./table.js";
import { benchWatchers } from "./watchers.js";

const HELP = `npm run bench -- [NAME …] [--rounds 5] [--seconds 3] [--save]

  echo          an echo, 64 in flight: our stack, the same without its chain, bare grpc-js, connect-node
  chain         what each interceptor of client and server adds to a call, alone and together
  streams       1,000 streams at once through the same stacks, the server on one core
  watchers      one download of the real music with 1,000 watchers
  search-cache  storage's search cache on the embedded database and on PostgreSQL
  saved-tracks  lists of saved tracks in a private PostgreSQL: [--tracks 10000000] [--users 1000000] take minutes and 8 GB
                of disk, --quick makes 100,000 tracks
  library       a folder of many small files in the real music: [--files 100000]; reading it, searching it, starting again
  fetch         [--files 50] downloads of [--megabytes 40] each at the same time through the real music, beside a plain copy

Without a name all are run, the last three with --quick. --save writes tables and plots to bench/results/.
`;

interface Benchmark {
  run(rounds: number, ms: number): Promise<Table[]>;
  /** Column of its first table that is plotted. */
  plotted: number;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  echo: { run: benchEcho, plotted: 1 },
  chain: { run: benchChains, plotted: 1 },
  streams: { run: benchStreams, plotted: 1 },
  watchers: { run: benchWatchers, plotted: 0 },
  "search-cache": { run: benchSearchCache, plotted: 0 },
  "saved-tracks": { run: (rounds, roundMs) => benchSavedTracks({ rounds, roundMs, ...savedTracks() }), plotted: 0 },
  library: { run: () => benchLibrary(quick() ? 5_000 : Number(values.files ?? 100_000)), plotted: 0 },
  fetch: { run: () => benchFetch(fetches()), plotted: 0 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    tracks: { type: "string", default: "10000000" },
    users: { type: "string", default: "1000000" },
    files: { type: "string" },
    megabytes: { type: "string", default: "40" },
    quick: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const unknown = positionals.filter((name) => !(name in BENCHMARKS));
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `no such benchmark: ${unknown.join(", ")}\n\n${HELP}` : HELP);
  process.exitCode = unknown.length > 0 ? 1 : 0;
} else {
  await runAll(positionals.length > 0 ? positionals : Object.keys(BENCHMARKS));
}

/** Whether little time is to be spent. */
function quick(): boolean {
  return values.quick || positionals.length === 0;
}

/** How much is fetched at the same time. */
function fetches() {
  return quick() ? { files: 10, megabytes: 10 } : { files: Number(values.files ?? 50), megabytes: Number(values.megabytes) };
}

/** How many saved tracks are made, and how often it is asked. */
function savedTracks() {
  if (quick()) return { tracks: 100_000, users: 10_000, calls: 200, rpcs: true };
  return { tracks: Number(values.tracks), users: Number(values.users), calls: 1_000, rpcs: true };
}

async function runAll(names: readonly string[]): Promise<void> {
  const [cpu] = cpus();
  const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model ?? "unknown CPU"}`;
  process.stdout.write(`${machine}\n`);
  for (const name of names) {
    const benchmark = BENCHMARKS[name];
    const tables = (await benchmark?.run(Number(values.rounds), Number(values.seconds) * 1000)) ?? [];
    for (const table of tables) process.stdout.write(toMarkdown(table));
    if (values.save) await save(name, machine, tables, benchmark?.plotted ?? 0);
  }
}

async function save(name: string, machine: string, tables: readonly Table[], plotted: number): Promise<void> {
  const folder = join(ROOT, "bench/results");
  await mkdir(folder, { recursive: true });
  const plots = plotted === 0 ? [] : tables;
  for (const [index, table] of plots.entries())
    await writeFile(join(folder, `${name}-${index + 1}.svg`), barPlot(table, plotted));
  const pictures = plots.map(({ title }, index) => `\n![${title}](${name}-${index + 1}.svg)\n`);
  const command = `npm run bench -- ${name} --rounds ${values.rounds} --seconds ${values.seconds} --save`;
  const text = [`# ${name}\n\n${machine}. Made by \`${command}\`.\n`, ...tables.map(toMarkdown), ...pictures];
  await writeFile(join(folder, `${name}.md`), text.join(""));
}
