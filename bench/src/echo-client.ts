// One client in a process of its own. argv: name of the stack, port. Each message asks for one measurement, and is answered with its figures.
import { callFor } from "./lanes.js";
import { stacks } from "./stacks/index.js";
import { TEXT } from "./stacks/stack.js";

/** What a client is asked to do. */
export type Task = { kind: "echo"; ms: number } | { kind: "count"; streams: number; to: number };

/** What it did. */
export interface ClientFigures {
  /** Calls, or messages of streams. */
  done: number;
  perSecond: number;
  /** CPU time per call or message. */
  cpuMicroseconds: number;
  /** For streams: how long after its first reader had a message its other readers had it, in milliseconds. */
  lagsMs: number[];
}

const [, , wanted, port] = process.argv;
const stack = stacks.find(({ name }) => name === wanted);
if (!stack || !process.send)
  throw new Error(`usage: started by the benchmark with one of ${stacks.map(({ name }) => name).join(", ")}`);
const send = process.send.bind(process);
const calls = await stack.connect(Number(port));

async function echo(ms: number) {
  let done = 0;
  const perSecond = await callFor(async () => {
    if ((await calls.echo()) !== TEXT) throw new Error("a wrong answer");
    done += 1;
  }, ms);
  return { done, perSecond, lagsMs: [] };
}

async function count(streams: number, to: number) {
  let done = 0;
  const firstAt: number[] = [];
  const lagsMs: number[] = [];
  const startedAt = performance.now();
  const read = () =>
    calls.count(to, (number) => {
      done += 1;
      const now = performance.now();
      lagsMs.push(now - (firstAt[number] ??= now));
    });
  await Promise.all(Array.from({ length: streams }, read));
  if (done !== streams * to) throw new Error(`${done} messages came of ${streams * to}`);
  return { done, perSecond: (done * 1000) / (performance.now() - startedAt), lagsMs };
}

async function measure(task: Task): Promise<ClientFigures> {
  const before = process.cpuUsage();
  const figures = task.kind === "echo" ? await echo(task.ms) : await count(task.streams, task.to);
  const { user, system } = process.cpuUsage(before);
  return { ...figures, cpuMicroseconds: (user + system) / figures.done };
}

process.on("message", (task: Task) => void measure(task).then((figures) => send(figures)));
process.on("disconnect", () => process.exit(0));
send({});
