import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Migration } from "./migration-files.js";

/**
 * Where the build keeps a database to copy, so that a start need neither run initdb, which takes seconds, nor apply all migrations,
 * which takes one more. Changes with PGlite's version.
 *
 * @param migrations those that it has; none: an empty one
 */
export function templateFolder(migrations: readonly Migration[]): string {
  const manifest = new URL("../package.json", import.meta.resolve("@electric-sql/pglite"));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const hash = createHash("sha256").update(migrations.map(({ checksum }) => checksum).join());
  const state = migrations.length === 0 ? "empty" : hash.digest("hex").slice(0, 12);
  return fileURLToPath(new URL(`../../dist/embedded-${version}-${state}`, import.meta.url));
}
