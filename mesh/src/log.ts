import { createRequire } from "node:module";
import { trace } from "@opentelemetry/api";
import { type DestinationStream, pino, type Logger } from "pino";
import type pretty from "pino-pretty";
import { traceFields } from "./telemetry/trace-fields.js";

export type { Logger } from "pino";

/** Fields that may hold a key or a token, wherever they stand in a log object. */
const SECRETS = ["authorization", "*.authorization", "key", "*.key", "token", "*.token"];

/**
 * Logs JSON lines to stdout; readable lines when stdout is a terminal. A line that belongs to the active span has its ids.
 *
 * @param service name of the service, on every line
 * @param level `trace` … `fatal` or `silent`; default `info`
 * @param destination where JSON lines go instead of stdout
 */
export function createLogger(service: string, level = "info", destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    redact: SECRETS,
    mixin: () => traceFields(trace.getActiveSpan()),
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (destination) return pino(options, destination);
  if (!process.stdout.isTTY) return pino(options);
  // Loaded only where somebody looks: it would cost every start in a container.
  const createPretty = createRequire(import.meta.url)("pino-pretty") as typeof pretty;
  return pino(options, createPretty({ ignore: "service", messageFormat: `${service}: {msg}`, sync: true }));
}
