import type { Env } from "@refrain/mesh/env";
import type { Output } from "./terminal.js";

/** Where a command reads and writes. */
export interface Console {
  env: Env;
  stdout: Output;
  stderr: Output;
  signal: AbortSignal;
}

/** Exit codes. */
export const EXIT = { done: 0, failed: 1, notUnderstood: 2, nothingFound: 3, stopped: 130 } as const;
