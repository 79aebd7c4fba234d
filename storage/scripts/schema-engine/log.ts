/** Prisma's code for a database that cannot be reached, which its commands know how to show. */
const CANNOT_REACH = "P1001";

/** Writes why the engine stops, in the form that the command parses. */
export function reportStartFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  // The command skips the first line and wants no empty one after the last.
  process.stderr.write(`${line("INFO", "starting", undefined)}\n${line("ERROR", message, CANNOT_REACH)}`);
}

function line(level: "INFO" | "ERROR", message: string, code: string | undefined): string {
  const fields = { message, is_panic: false, error_code: code, meta: {} };
  return JSON.stringify({ level, timestamp: new Date().toISOString(), target: "schema_engine::logger", fields });
}
