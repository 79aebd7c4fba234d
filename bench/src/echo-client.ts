// One client in a process of its own. argv: name of the stack, port. Each message is a time in ms to call for; answers with its figures.
import { callFor } from "./lanes.js";
import { stacks } from "./stacks/index.js";
import { TEXT } from "./stacks/stack.js";

const [, , wanted, port] = process.argv;
const stack = stacks.find(({ name }) => name === wanted);
if (!stack || !process.send)
  throw new Error(`usage: started by the benchmark with one of ${stacks.map(({ name }) => name).join(", ")}`);
const send = process.send.bind(process);
const echo = await stack.connect(Number(port));

let calls = 0;
async function call(): Promise<void> {
  if ((await echo()) !== TEXT) throw new Error("a wrong answer");
  calls += 1;
}

process.on("message", (ms: number) => {
  const before = process.cpuUsage();
  calls = 0;
  void callFor(call, ms).then((callsPerSecond) => {
    const { user, system } = process.cpuUsage(before);
    send({ callsPerSecond, cpuMicroseconds: (user + system) / calls, calls });
  });
});
process.on("disconnect", () => process.exit(0));
send({});
