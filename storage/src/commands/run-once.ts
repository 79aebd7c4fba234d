import { ConfigError, loadEnvFile, StartError } from "@refrain/mesh/env";
import { UnusableDatabaseError } from "../database/unusable-database-error.js";

/** Runs a command with the settings of `.env`. What fails ends the process with 1: in one line, when the operator can mend it. */
export async function runOnce(command: () => Promise<void>): Promise<void> {
  loadEnvFile();
  try {
    await command();
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof StartError || error instanceof UnusableDatabaseError;
    const text = expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`storage: ${text}\n`);
    // Not exit(): that would cut what stderr still holds when it is a pipe.
    process.exitCode = 1;
  }
}
