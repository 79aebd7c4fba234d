import { parseArgs } from "node:util";
import { deliveries } from "./scenarios/deliveries.js";
import { fetches, frozenFetcher, longQueue, once, rounds, takeover } from "./scenarios/fetches.js";
import { redisFrozen, rollingFetches, stopAll } from "./scenarios/fetch-stops.js";
import { outage, recovery, sentence } from "./scenarios/outages.js";
import { storageDown } from "./scenarios/storage-down.js";
import { answers } from "./scenarios/answers.js";
import { certificates, certifiedBots, wrongKey } from "./scenarios/strangers.js";
import { card, stream } from "./scenarios/streams.js";
import { fourth, freeze, kill, replicas, rolling } from "./scenarios/replicas.js";
import { holds, tableRow, type Finding } from "./lab/finding.js";

const LOAD = { callers: 64, pauseMs: 0, graceMs: 5_000 };
const FETCH = { silenceMs: 45_000, bytesPerSecond: 40_000 };
const AFTER_BYTES = 1_500;
const CUTS = Array.from({ length: 8 }, () => ({ kind: "cut", afterBytes: AFTER_BYTES }) as const);

const THREE = { replicas: 3, bytes: 4_000_000 };
/** A track then takes longer than a replica may be silent before it loses its fetches. */
const SLOW = { downloads: 30, bytesPerSecond: 400_000 };

/** Numbers that a command line may change. */
interface Sizes {
  readonly deliveries: number;
  readonly kills: number;
}

/** Every scenario in its long version. */
const SCENARIOS: Readonly<Record<string, (sizes: Sizes) => Promise<Finding[]>>> = {
  kill: () => replicas(LOAD, [kill(10)]),
  freeze: () => replicas(LOAD, [freeze(20)]),
  rolling: () => replicas(LOAD, [rolling()]),
  fourth: () => replicas(LOAD, [fourth()]),
  "stream-cut": () => stream({ ...FETCH, faults: CUTS }),
  "stream-crowd": () => stream({ ...FETCH, users: 50, faults: [{ kind: "cut", afterBytes: 40_000 }] }),
  "stream-slow": () => stream({ ...FETCH, faults: [{ kind: "slow", bytesPerSecond: 500 }] }),
  "stream-stalled": () => stream({ ...FETCH, faults: [{ kind: "stall", afterBytes: AFTER_BYTES }] }),
  "stream-half-open": () => stream({ ...FETCH, faults: [{ kind: "half-open", afterBytes: AFTER_BYTES }] }),
  card: () => card({ cuts: 5, bytesPerSecond: 20_000 }),
  outage: () => outage({ calls: 1_000, pauseMs: 20, breaker: true }),
  "outage-no-breaker": () => outage({ calls: 1_000, pauseMs: 20, breaker: false }),
  recovery: () => recovery({ rounds: 10, longestMs: 6_000 }),
  sentence: () => sentence({ texts: 10 }),
  "storage-killed": () => storageDown({ how: "killed" }),
  "storage-frozen": () => storageDown({ how: "frozen" }),
  answers: () => answers({ calls: 100 }),
  "wrong-key": () => wrongKey({ texts: 10 }),
  certificates: () => certificates(),
  "bots-certificates": () => certifiedBots(),
  "fetch-once": () => fetches(THREE, [once({ callers: 500, bytesPerSecond: 400_000 })]),
  "fetch-takeover": () => fetches(THREE, [takeover({ callers: 60, bytesPerSecond: 400_000 })]),
  "fetch-frozen": () => fetches(THREE, [frozenFetcher({ callers: 60, bytesPerSecond: 400_000, ms: 15_000 })]),
  "fetch-rounds": () => fetches(THREE, [rounds({ count: 5, downloads: 30, bytesPerSecond: 1_000_000 })]),
  "fetch-queue": () => fetches({ replicas: 2, bytes: 1_000_000 }, [longQueue({ downloads: 200, bytesPerSecond: 500_000 })]),
  "fetch-redis-frozen": () => fetches(THREE, [redisFrozen({ ...SLOW, ms: 5_000 }), redisFrozen({ ...SLOW, ms: 15_000 })]),
  "fetch-rolling": () => fetches(THREE, [rollingFetches(SLOW)]),
  "fetch-stop": () => fetches({ replicas: 1, bytes: 4_000_000 }, [stopAll({ ...SLOW, downloads: 8 })]),
  deliveries: (sizes) => deliveries({ ...sizes, storages: 2, claimers: 4 }),
};

const HELP = `npm run faults [-- [--only NAME[,NAME…]] [--deliveries N] [--kills N]]

Starts real services, does to them what happens in life, and prints what was seen as a Markdown table.
Scenarios: ${Object.keys(SCENARIOS).join(", ")}
`;

interface Options extends Sizes {
  readonly names: readonly string[];
}

/** Undefined: help is wanted, or needed. */
function readOptions(args: string[]): Options | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { only: text, deliveries: text, kills: text, help: { type: "boolean" } } });
  const names = values.only?.split(",") ?? Object.keys(SCENARIOS);
  const sizes = { deliveries: Number(values.deliveries ?? 100_000), kills: Number(values.kills ?? 1_000) };
  const good =
    names.every((name) => name in SCENARIOS) && Object.values(sizes).every((size) => Number.isInteger(size) && size > 0);
  return good && !values.help ? { names, ...sizes } : undefined;
}

async function run(name: string, sizes: Sizes): Promise<boolean> {
  process.stderr.write(`${name} …\n`);
  try {
    const findings = (await SCENARIOS[name]?.(sizes)) ?? [];
    for (const finding of findings) console.log(tableRow(name, finding));
    return findings.every(holds);
  } catch (error) {
    console.log(`| ${name} | did not come to its end: ${String(error).split("\n")[0]} | | | ✗ |`);
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return false;
  }
}

const options = readOptions(process.argv.slice(2));
if (!options) {
  process.stdout.write(HELP);
  process.exit(process.argv.includes("--help") ? 0 : 1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
console.log("| scenario | seen | measured | wanted | |\n|---|---|---|---|---|");
let good = true;
for (const name of options.names) good = (await run(name, options)) && good;
process.exit(good ? 0 : 1);
