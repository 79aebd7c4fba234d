// Builds what runs: Prisma's client when the schema is newer than it, then every workspace (incremental: 0.1 s when nothing changed).
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { bin, root, run } from "./tools.mjs";

const storage = join(root, "storage");

function tool(name, args, options) {
  const { ok, output } = run(bin(name), args, options);
  if (ok) return;
  process.stderr.write(output);
  process.exit(1);
}

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

// An install without development dependencies (an image) brings its own dist.
if (!existsSync(bin("tsc"))) process.exit(0);
if (changedAt(join(storage, "src/generated/prisma/client.ts")) <= changedAt(join(storage, "prisma/schema.prisma"))) {
  tool("prisma", ["generate"], { cwd: storage });
}
tool("tsc", ["-b"]);
// The empty database that storage's first start copies: made once per version of PGlite.
await import("../storage/scripts/make-template.mjs").catch((error) => {
  process.stderr.write(`storage's first start will be slower: its empty database could not be made: ${error.message}\n`);
});
