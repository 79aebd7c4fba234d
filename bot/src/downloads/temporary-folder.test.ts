import { mkdir, readdir, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { makeTemporaryFolder } from "./temporary-folder.js";

test("what was left behind days ago goes, what is in use stays", async () => {
  const parent = await temporaryFolder();
  const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
  for (const name of ["upload-old", "upload-new", "other"]) await mkdir(join(parent, name));
  for (const name of ["upload-old", "other"]) await utimes(join(parent, name), twoDaysAgo, twoDaysAgo);
  const own = await makeTemporaryFolder(parent);
  expect((await readdir(parent)).toSorted()).toEqual(["other", basename(own), "upload-new"].toSorted());
});
