import { loadEnvFile } from "@refrain/mesh/env";
import { runCli } from "./run-cli.js";

/** What still holds the process after its work, such as a connection that closes slowly. */
const LINGER_MS = 2_000;

const stop = new AbortController();
const onSignal = () => {
  // The second time at once.
  if (stop.signal.aborted) process.exit(130);
  stop.abort(new Error("stopped"));
};
process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
loadEnvFile();
const { env, stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { env, stdout, stderr, signal: stop.signal });
setTimeout(() => process.exit(), LINGER_MS).unref();
