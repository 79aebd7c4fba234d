import type { ServiceProcess } from "../lab/service-process.js";
import { Counts } from "./counts.js";

interface Line {
  readonly level?: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

/** What services have logged as errors that nobody foresaw. A call that fails because the database is away was foreseen. */
export function unexpectedErrors(services: readonly ServiceProcess[]): Counts {
  const counts = new Counts();
  for (const line of services.flatMap(({ lines }) => lines)) {
    const { level, msg = "", err } = read(line);
    if ((level === "error" || level === "fatal") && msg !== "call") counts.add(`${msg}: ${err?.message ?? ""}`);
  }
  return counts;
}

/** Lines that are no JSON come from Node itself. */
function read(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}
