import { expect, test } from "vitest";
import { readConcurrentIndex } from "./concurrent-index.js";

test.each([
  ['CREATE INDEX CONCURRENTLY "a_b_idx" ON "a"("b");', { change: "create", name: "a_b_idx" }],
  [
    '-- CreateIndex; the table is large\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS A_b ON "a"("b")\n',
    { change: "create", name: "a_b" },
  ],
  ["create index concurrently \"i\" on a (b) where c in ('x', 'y') ;", { change: "create", name: "i" }],
  ['/* gone; */ DROP INDEX CONCURRENTLY "a_b_idx";', { change: "drop", name: "a_b_idx" }],
  ["DROP INDEX CONCURRENTLY IF EXISTS a_b_idx", { change: "drop", name: "a_b_idx" }],
])("%s is a change beside others", (script, index) => {
  expect(readConcurrentIndex(script)).toEqual(index);
});

test.each([
  'CREATE INDEX "i" ON "a"("b");',
  'CREATE INDEX CONCURRENTLY "i" ON "a"("b"); CREATE INDEX CONCURRENTLY "j" ON "a"("c");',
  'ALTER TABLE "a" ADD COLUMN "b" TEXT;\nCREATE INDEX CONCURRENTLY "i" ON "a"("b");',
  '-- CREATE INDEX CONCURRENTLY "i" ON "a"("b");\nSELECT 1;',
  "CREATE INDEX CONCURRENTLY ON a (b);",
  "",
])("%s is a transaction like others", (script) => {
  expect(readConcurrentIndex(script)).toBeUndefined();
});
