// Loaded into every service that `npm start` runs. Its standard input is a pipe that nobody writes to: when it ends, the parent
// has died without a word (kill -9), and nothing must outlive it.
import process from "node:process";

const ORDERLY_MS = 3_000;

process.stdin.once("error", die);
process.stdin.once("end", die);
process.stdin.resume();
// Waiting for the parent must not keep a service alive.
if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();

function die(): void {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), ORDERLY_MS);
}
