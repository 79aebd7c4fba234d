// Builds what runs: Prisma's client when the schema is newer than it, then every workspace (incremental: 0.1 s when nothing changed).
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const storage = join(root, "storage");

/** Runs one tool from node_modules; shows what it printed only when it fails. */
function tool(cwd, name, ...args) {
  const { status, stdout, stderr, error } = spawnSync(join(root, "node_modules/.bin", name), args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  process.stderr.write(error ? `${name}: ${error.message}\n` : `${stdout}${stderr}`);
  process.exit(status ?? 1);
}

function changedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

// An install without development dependencies (an image) brings its own dist.
if (!existsSync(join(root, "node_modules/.bin/tsc"))) process.exit(0);
if (changedAt(join(storage, "src/generated/prisma/client.ts")) <= changedAt(join(storage, "prisma/schema.prisma"))) {
  tool(storage, "prisma", "generate");
}
tool(root, "tsc", "-b");
