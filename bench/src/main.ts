import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchEcho } from "./echo.js";
import { benchSearchCache } from "./search-cache.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "npm run bench -- [--rounds 5] [--seconds 3]\n\nMeasures the call stack beside bare grpc-js and connect-node, and storage's search cache on the embedded database.\n",
  );
} else {
  const [cpu] = cpus();
  process.stdout.write(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model ?? "unknown CPU"}\n`,
  );
  const [rounds, roundMs] = [Number(values.rounds), Number(values.seconds) * 1000];
  await benchEcho(rounds, roundMs);
  await benchSearchCache(rounds, roundMs);
}
