// Runs the tools of node_modules for the other scripts.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of a command that npm installed. */
export const bin = (name) => join(root, "node_modules/.bin", name);

/** Runs a command to its end. Returns whether it went well, and what it printed. */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  return { ok: status === 0, output: error ? `${command}: ${error.message}\n` : `${stdout ?? ""}${stderr ?? ""}` };
}
