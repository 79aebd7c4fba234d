import { Child } from "./child.js";
import type { ClientFigures, Task } from "./echo-client.js";
import type { ServerUsage } from "./echo-server.js";
import { stacks } from "./stacks/index.js";

/** Figures of one round of one stack. */
export interface Round extends ClientFigures {
  /** CPU time of the server per call or message. */
  serverMicroseconds: number;
  /** Memory of the server afterwards. */
  serverRssBytes: number;
}

/** A client and a server of one stack, each in a process of its own. */
export interface Pair {
  readonly name: string;
  readonly client: Child;
  readonly server: Child;
  readonly rounds: Round[];
}

/** @param pinned true: the servers share one core, the clients another */
async function startPair(name: string, pinned: boolean): Promise<Pair> {
  const server = new Child("./echo-server.js", [name], pinned ? 0 : undefined);
  const { port } = await server.answer<{ port: number }>();
  const client = new Child("./echo-client.js", [name, String(port)], pinned ? 1 : undefined);
  await client.answer();
  return { name, client, server, rounds: [] };
}

async function measure({ client, server }: Pair, task: Task): Promise<Round> {
  const before = await server.ask<ServerUsage>("usage");
  const figures = await client.ask<ClientFigures>(task);
  const after = await server.ask<ServerUsage>("usage");
  const serverMicroseconds = (after.cpuMicroseconds - before.cpuMicroseconds) / figures.done;
  return { ...figures, serverMicroseconds, serverRssBytes: after.rssBytes };
}

/** Measures a task through each stack, the stacks taking turns, so that a slow moment of the machine strikes them all. */
export async function measurePairs(options: { warmUp: Task; task: Task; rounds: number; pinned: boolean }): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const { name } of stacks) pairs.push(await startPair(name, options.pinned));
  for (const pair of pairs) await measure(pair, options.warmUp);
  for (let round = 0; round < options.rounds; round++) {
    for (const pair of pairs) pair.rounds.push(await measure(pair, options.task));
  }
  for (const { client, server } of pairs) [client, server].forEach((child) => child.stop());
  return pairs;
}
