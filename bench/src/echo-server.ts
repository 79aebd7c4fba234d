// One server in a process of its own. argv: name of the stack. Tells its port, then answers each message with the CPU time it has used.
import { stacks } from "./stacks/index.js";

const stack = stacks.find(({ name }) => name === process.argv[2]);
if (!stack || !process.send)
  throw new Error(`usage: started by the benchmark with one of ${stacks.map(({ name }) => name).join(", ")}`);
const send = process.send.bind(process);

const port = await stack.serve();
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  send({ cpuMicroseconds: user + system });
});
process.on("disconnect", () => process.exit(0));
send({ port });
