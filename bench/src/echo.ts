import { measurePairs, type Pair, type Round } from "./pairs.js";
import { median, quantile, type Table } from "./table.js";

const WARM_UP_MS = 2_000;
/** Watchers of one popular download, and messages of each: a minute's progress. */
const STREAMS = 1_000;
const MESSAGES = 100;

const of = (pair: Pair, figure: "perSecond" | "cpuMicroseconds" | "serverMicroseconds" | "serverRssBytes") =>
  median(pair.rounds.map((round) => round[figure]));

/** How many times as fast the first one is, compared round by round. */
function ratio(ours: Pair, other: Pair): string {
  const perSecond = (round: Round | undefined) => round?.perSecond ?? Number.NaN;
  return `${median(ours.rounds.map((round, index) => perSecond(round) / perSecond(other.rounds[index]))).toFixed(2)}×`;
}

/** An in-memory echo, 64 in flight, through each stack. */
export async function benchEcho(rounds: number, ms: number): Promise<Table[]> {
  const task = { kind: "echo", ms } as const;
  const pairs = await measurePairs({ warmUp: { ...task, ms: WARM_UP_MS }, task, rounds, pinned: false });
  const [ours] = pairs;
  if (!ours) return [];
  const rows = pairs.map((pair) => [
    pair.name,
    of(pair, "perSecond").toFixed(0),
    of(pair, "cpuMicroseconds").toFixed(1),
    of(pair, "serverMicroseconds").toFixed(1),
    ratio(ours, pair),
  ]);
  const header = ["stack", "calls/s", "client CPU µs/call", "server CPU µs/call", "ours / it"];
  return [{ title: "Echo, 64 in flight, medians", header, rows }];
}

/** 1,000 streams at once, the server on one core, as fast as they are read. */
export async function benchStreams(rounds: number): Promise<Table[]> {
  const task = { kind: "count", streams: STREAMS, to: MESSAGES } as const;
  const pairs = await measurePairs({ warmUp: { ...task, to: 10 }, task, rounds, pinned: true });
  const [ours] = pairs;
  if (!ours) return [];
  const rows = pairs.map((pair) => {
    const lags = pair.rounds.flatMap(({ lagsMs }) => lagsMs);
    return [
      pair.name,
      of(pair, "perSecond").toFixed(0),
      `${quantile(lags, 0.5).toFixed(0)} / ${quantile(lags, 0.99).toFixed(0)}`,
      of(pair, "serverMicroseconds").toFixed(1),
      (of(pair, "serverRssBytes") / 1e6).toFixed(0),
      ratio(ours, pair),
    ];
  });
  const header = ["stack", "messages/s", "lag ms p50 / p99", "server CPU µs/message", "server MB", "ours / it"];
  return [{ title: `${STREAMS} streams of ${MESSAGES} messages at once, server on one core, medians`, header, rows }];
}
