// One client in a process of its own. argv: name of the stack, port. Each message is a time in ms to call for; answers with its figures.
import { stacks } from "./stacks/index.js";
import { TEXT } from "./stacks/stack.js";

/** Calls that run at once. */
const IN_FLIGHT = 64;

const [, , wanted, port] = process.argv;
const stack = stacks.find(({ name }) => name === wanted);
if (!stack || !process.send)
  throw new Error(`usage: started by the benchmark with one of ${stacks.map(({ name }) => name).join(", ")}`);
const send = process.send.bind(process);
const call = await stack.connect(Number(port));

async function callFor(ms: number): Promise<number> {
  const end = performance.now() + ms;
  let calls = 0;
  const lane = async () => {
    while (performance.now() < end) {
      if ((await call()) !== TEXT) throw new Error("a wrong answer");
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return calls;
}

process.on("message", (ms: number) => {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  void callFor(ms).then((calls) => {
    const { user, system } = process.cpuUsage(before);
    send({ calls, seconds: (performance.now() - startedAt) / 1000, cpuMicroseconds: user + system });
  });
});
process.on("disconnect", () => process.exit(0));
send({});
