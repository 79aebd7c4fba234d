import type { Logger } from "@refrain/mesh";

/** A logger that keeps its lines. */
export function keptLog(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (...parts: unknown[]) =>
      void lines.push(`${level} ${JSON.stringify(parts)}`);
  const logger = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    fatal: write("fatal"),
  };
  // The bot uses only these methods of pino's many.
  return { logger: logger as unknown as Logger, lines };
}
