import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the build keeps an empty database to copy, so that the first start need not run initdb. Changes with PGlite's version. */
export function templateFolder(): string {
  const manifest = new URL("../package.json", import.meta.resolve("@electric-sql/pglite"));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return fileURLToPath(new URL(`../../dist/embedded-${version}`, import.meta.url));
}
