import type { MusicAccess } from "./music-access.js";
import type { Command } from "./read-command.js";
import { type Console, EXIT } from "./console.js";
import { paintFor, plain } from "./terminal.js";

/** Prints every source, and whether it works. */
export async function sources(
  { json }: Extract<Command, { kind: "sources" }>,
  access: MusicAccess,
  { stdout, env, signal }: Console,
): Promise<number> {
  const reports = await access.sources(signal);
  const paint = paintFor(stdout, env);
  const width = Math.max(0, ...reports.map(({ name }) => name.length));
  if (json) stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
  else {
    for (const { name, ok, detail } of reports) {
      const state = ok ? paint("green", "works") : paint("red", "off  ");
      stdout.write(`${name.padEnd(width)}  ${state}  ${plain(detail)}\n`);
    }
  }
  return reports.some(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
