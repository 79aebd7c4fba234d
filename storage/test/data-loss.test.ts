import { expect, test } from "vitest";
import { findDataLoss } from "../scripts/schema-engine/data-loss.js";

test.each([
  ['DROP TABLE "users";', /users goes, with all its rows/],
  ['ALTER TABLE "users" DROP COLUMN "language",\nADD COLUMN     "mood" TEXT;', /column language of users goes/],
  ['ALTER TABLE "users" ALTER COLUMN "format" SET DATA TYPE TEXT;', /format of users changes its type/],
  ['ALTER TABLE "users" ADD COLUMN     "mood" TEXT NOT NULL;', /mood of users has no default/],
  ['CREATE UNIQUE INDEX "x" ON "users"("language");', /Rows of users that are alike/],
])("%s is warned of", (sql, warning) => {
  expect(findDataLoss(sql)).toEqual([expect.stringMatching(warning)]);
});

test.each([
  'CREATE TABLE "moods" ("name" TEXT NOT NULL);\nCREATE UNIQUE INDEX "x" ON "moods"("name");',
  'ALTER TABLE "users" ADD COLUMN     "mood" TEXT NOT NULL DEFAULT \'calm\';',
  'ALTER TABLE "users" ADD COLUMN     "mood" TEXT,\nADD COLUMN "tone" TEXT NOT NULL DEFAULT \'\';',
  'CREATE INDEX "x" ON "users"("language");',
])("%s loses nothing", (sql) => {
  expect(findDataLoss(sql)).toEqual([]);
});
