import { test } from "vitest";
import { findPostgres } from "./postgres-server.js";

/** Defines tests that need PostgreSQL's programs. Without them: a loud skip, and in CI (`CI=true`) a failure. */
export function withPostgres(define: (bin: string) => void): void {
  const bin = findPostgres();
  if (bin !== undefined) {
    define(bin);
    return;
  }
  const missing = "PostgreSQL is not installed (apt-get install postgresql): its tests did not run";
  if (process.env["CI"] === "true") {
    test(missing, () => {
      throw new Error(missing);
    });
  } else {
    process.stderr.write(`\n!!! ${missing} !!!\n\n`);
    test.skip(missing, () => {}); // only outside CI: some machines have no PostgreSQL
  }
}
