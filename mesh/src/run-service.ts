import { ConfigError, loadEnvFile, StartError } from "./env.js";
import type { Logger } from "./log.js";

/** A service that has started. */
export interface StartedService {
  /** Bound addresses, for the log. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** Ends it in order. */
  close(): Promise<void>;
}

/**
 * The life of a service's process: start, `"msg":"ready"`, and on SIGTERM or SIGINT an orderly end with exit code 0.
 * A start that cannot work prints one readable line to stderr and exits with 1.
 */
export async function runService(name: string, start: () => Promise<StartedService>): Promise<void> {
  loadEnvFile();
  // A stop that comes before there is anything to end in order.
  for (const signal of SIGNALS) process.once(signal, exitNow);
  const service = await start().catch((error: unknown): never => fail(name, error));
  const { logger } = service;
  const stop = (signal: string) => {
    logger.info({ signal }, "stopping");
    service.close().then(
      () => end(logger, 0, "stopped"),
      (error: unknown) => {
        logger.error({ err: error }, "stopping failed");
        end(logger, 1, "stopped");
      },
    );
  };
  for (const signal of SIGNALS) {
    process.off(signal, exitNow);
    process.once(signal, stop);
    // A terminal may send SIGINT twice: the second one changes nothing.
    process.on(signal, () => {});
  }
  logger.info({ addresses: service.addresses }, "ready");
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

function exitNow(): never {
  process.exit(0);
}

function end(logger: Logger, code: number, message: string): void {
  logger.info(message);
  process.exit(code);
}

function fail(name: string, error: unknown): never {
  // What the operator can mend gets a sentence; a defect of ours gets its stack.
  const expected = error instanceof ConfigError || error instanceof StartError;
  const text = expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${name} cannot start: ${text}\n`);
  process.exit(1);
}
