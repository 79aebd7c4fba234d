import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { hashFile } from "../src/hash-file.js";

const { signal } = new AbortController();

test("small and large files have the hash of their content, also many at once", async () => {
  const folder = await temporaryFolder();
  const sizes = [0, 1, 100_000, 8 * 1024 ** 2 - 1, 8 * 1024 ** 2, 9_500_001, 12_000_000];
  const files = sizes.map((size, at) => ({ path: join(folder, String(at)), content: randomBytes(size) }));
  for (const { path, content } of files) await writeFile(path, content);
  const hashes = await Promise.all(files.map(({ path }) => hashFile(path, signal)));
  expect(hashes).toEqual(files.map(({ content }) => createHash("sha256").update(content).digest("hex")));
});

test("a file that is not there, or is a folder, is an error of the file system", async () => {
  const folder = await temporaryFolder();
  await expect(hashFile(join(folder, "nothing"), signal)).rejects.toMatchObject({ code: "ENOENT" });
  await expect(hashFile(folder, signal)).rejects.toMatchObject({ code: "EISDIR" });
});

test("whoever gives up hears so at once, and others get their answers", async () => {
  const path = join(await temporaryFolder(), "large");
  const content = randomBytes(10_000_000);
  await writeFile(path, content);
  const stop = new AbortController();
  const left = hashFile(path, stop.signal);
  const stayed = hashFile(path, signal);
  stop.abort(new Error("enough"));
  await expect(left).rejects.toThrow("enough");
  expect(await stayed).toBe(createHash("sha256").update(content).digest("hex"));
});
