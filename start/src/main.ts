import { loadEnvFile, StartError, ConfigError } from "@refrain/mesh/env";
import { Output } from "./output.js";
import { planOf } from "./plan.js";
import { readyBlock } from "./ready-block.js";
import { readSettings } from "./settings.js";
import { Supervisor } from "./supervisor.js";

const HELP = `npm start: runs music, storage and the bot, and without BOT_TOKEN a local Telegram to try them in.

Settings are environment variables or lines of a file named .env; .env.example explains each.
Ctrl-C ends everything in order.
`;

/** How often it is checked whether whoever started us is still there. */
const PARENT_CHECK_MS = 500;

async function main(): Promise<void> {
  if (process.argv.some((argument) => argument === "--help" || argument === "-h")) return void process.stdout.write(HELP);
  loadEnvFile();
  const settings = await readSettings(process.env);
  const output = new Output(process.stdout);
  const supervisor = new Supervisor(output);
  const stop = (why: string) => void supervisor.stop(why).then((code) => process.exit(code));
  // Under a terminal SIGINT comes twice, from the terminal and from npm: stop() minds it only once.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(signal));
  followParent(() => stop("npm is gone"));
  if (await supervisor.start(planOf(settings))) output.block(readyBlock(settings, process.uptime()));
  else stop("a service could not start");
}

/** A SIGKILL of npm reaches nobody else: without this we would run on alone. */
function followParent(gone: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) gone();
  }, PARENT_CHECK_MS).unref();
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof StartError;
  process.stderr.write(
    `cannot start: ${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
