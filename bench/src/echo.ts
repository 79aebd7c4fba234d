import { Child } from "./child.js";
import { stacks } from "./stacks/index.js";
import { median, printTable } from "./table.js";

/** Figures of one round of one stack. */
interface Round {
  callsPerSecond: number;
  /** CPU microseconds per call. */
  client: number;
  server: number;
}

/** What a client tells of one round. */
interface ClientFigures {
  calls: number;
  callsPerSecond: number;
  /** Per call. */
  cpuMicroseconds: number;
}

interface Pair {
  name: string;
  client: Child;
  server: Child;
  rounds: Round[];
}

const WARM_UP_MS = 2_000;

async function startPair(name: string): Promise<Pair> {
  const server = new Child("./echo-server.js", name);
  const { port } = await server.answer<{ port: number }>();
  const client = new Child("./echo-client.js", name, String(port));
  await client.answer();
  return { name, client, server, rounds: [] };
}

async function measure({ client, server }: Pair, ms: number): Promise<Round> {
  const before = await server.ask<{ cpuMicroseconds: number }>("cpu");
  const { calls, callsPerSecond, cpuMicroseconds } = await client.ask<ClientFigures>(ms);
  const after = await server.ask<{ cpuMicroseconds: number }>("cpu");
  return { callsPerSecond, client: cpuMicroseconds, server: (after.cpuMicroseconds - before.cpuMicroseconds) / calls };
}

/**
 * An in-memory echo, 64 in flight, through each stack: client and server in a process each, the stacks taking turns so that a
 * slow moment of the machine strikes them all. Prints medians.
 */
export async function benchEcho(rounds: number, roundMs: number): Promise<void> {
  const pairs: Pair[] = [];
  for (const { name } of stacks) pairs.push(await startPair(name));
  for (const pair of pairs) await measure(pair, WARM_UP_MS);
  for (let round = 0; round < rounds; round++) {
    for (const pair of pairs) pair.rounds.push(await measure(pair, roundMs));
  }
  for (const { client, server } of pairs) [client, server].forEach((child) => child.stop());
  print(pairs);
}

function print(pairs: readonly Pair[]): void {
  const of = (pair: Pair, figure: keyof Round) => median(pair.rounds.map((round) => round[figure]));
  const [ours] = pairs;
  if (!ours) return;
  printTable(
    "Echo, 64 in flight, medians",
    ["stack", "calls/s", "client CPU µs/call", "server CPU µs/call", "ours / it"],
    pairs.map((pair) => [
      pair.name,
      of(pair, "callsPerSecond").toFixed(0),
      of(pair, "client").toFixed(1),
      of(pair, "server").toFixed(1),
      `${median(ours.rounds.map((round, index) => round.callsPerSecond / (pair.rounds[index]?.callsPerSecond ?? Number.NaN))).toFixed(2)}×`,
    ]),
  );
}
