import { StartError } from "../start-errors.js";

/** Says which variable moves a port that could not be bound. */
export function bindError(error: unknown, variable: string, address: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes("EADDRINUSE")) return new StartError(`${address} is taken: set ${variable} to a free port, or to 0`);
  if (text.includes("EACCES")) return new StartError(`${address} needs more rights: set ${variable} to a port above 1023`);
  if (text.includes("EADDRNOTAVAIL")) return new StartError(`${address} is no address of this machine: set BIND_HOST`);
  return new StartError(`cannot listen on ${address} (${variable}): ${text}`, { cause: error });
}
