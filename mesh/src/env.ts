import { existsSync } from "node:fs";
import { ConfigError } from "./start-errors.js";

export { ConfigError, StartError } from "./start-errors.js";

/** Adds the lines of a file named `.env` in the working directory, if there is one. Variables that are set win. */
export function loadEnvFile(): void {
  if (existsSync(".env")) process.loadEnvFile(".env");
}

/** Environment variables, or a literal object in a test. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Trimmed value; empty counts as unset. */
export function optionalText(env: Env, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** Trimmed value, or `fallback`. */
export function text(env: Env, name: string, fallback: string): string {
  return optionalText(env, name) ?? fallback;
}

/** Trimmed value, which must be there. */
export function requiredText(env: Env, name: string, example: string): string {
  const value = optionalText(env, name);
  if (value === undefined) throw new ConfigError(name, "is not set", example);
  return value;
}

/** A whole number within bounds, both included. Default bounds: 0 and 2^53 - 1. */
export function integer(env: Env, name: string, fallback: number, bounds: { min?: number; max?: number } = {}): number {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  const value = optionalText(env, name);
  if (value === undefined) return fallback;
  const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new ConfigError(name, `must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`, String(fallback));
}

/** A TCP port; 0 picks a free one. */
export function port(env: Env, name: string, fallback: number): number {
  return integer(env, name, fallback, { max: 65_535 });
}

/** Values between commas, trimmed, empty ones dropped. */
export function list(env: Env, name: string, fallback: readonly string[]): string[] {
  const value = optionalText(env, name);
  if (value === undefined) return [...fallback];
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** One of a few words. */
export function choice<T extends string>(env: Env, name: string, options: readonly T[], fallback: T): T {
  const value = optionalText(env, name);
  if (value === undefined) return fallback;
  const found = options.find((option) => option === value);
  if (found === undefined)
    throw new ConfigError(name, `must be one of ${options.join(", ")}, not ${JSON.stringify(value)}`, fallback);
  return found;
}

/** An http or https address without a slash at its end. */
export function httpUrl(env: Env, name: string, fallback: string): string {
  const value = text(env, name, fallback);
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    // The value may hold a token or a password, so it is not repeated.
    throw new ConfigError(name, "must be an http:// or https:// address", fallback);
  }
  return value.replace(/\/+$/, "");
}

/** Whether spans are to be exported: when OpenTelemetry's variable for the collector's address is set. Default: no. */
export function tracesEnabled(env: Env): boolean {
  if (optionalText(env, "OTEL_EXPORTER_OTLP_ENDPOINT") === undefined) return false;
  httpUrl(env, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
  return true;
}

/** A `redis://` or `rediss://` address, when there is one. */
export function redisUrl(env: Env, name: string): string | undefined {
  const value = optionalText(env, name);
  if (value === undefined || (URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol))) return value;
  // The value may hold a password, so it is not repeated.
  throw new ConfigError(name, "must be a redis:// or rediss:// address", "redis://127.0.0.1:6379");
}

/** A logger's level. Default: info. */
export function logLevel(env: Env): string {
  return choice(env, "LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "fatal", "silent"], "info");
}
