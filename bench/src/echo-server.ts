// One server in a process of its own. argv: name of the stack. Tells its port, then answers each message with what it has used.
import { stacks } from "./stacks/index.js";

/** What a server has used so far. */
export interface ServerUsage {
  cpuMicroseconds: number;
  rssBytes: number;
}

const stack = stacks.find(({ name }) => name === process.argv[2]);
if (!stack || !process.send)
  throw new Error(`usage: started by the benchmark with one of ${stacks.map(({ name }) => name).join(", ")}`);
const send = process.send.bind(process);

const port = await stack.serve();
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  const usage: ServerUsage = { cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() };
  send(usage);
});
process.on("disconnect", () => process.exit(0));
send({ port });
