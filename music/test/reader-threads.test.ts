import { realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { createReaderThreads } from "../src/sources/library/reader-threads.js";
import { toneMp3 } from "./tones.js";

test("a batch that cannot be asked costs its thread, and the next one is read all the same", async () => {
  const root = await realpath(await temporaryFolder());
  const path = join(root, "a.mp3");
  await writeFile(path, await toneMp3(440, { title: "Steady", artist: "Paper Lanterns" }, 2));
  const threads = createReaderThreads(root);
  onTestFinished(() => threads.close());
  const before = threads.idle();
  // What no thread can be told.
  const broken = { path, settleMs: 0, known: { sizeBytes: 1, modifiedMs: 1, tell: () => {} } };
  for (let at = 0; at < before; at++) await expect(threads.read([broken])).rejects.toThrow("could not be cloned");
  expect(threads.idle()).toBe(before);
  const answers = await threads.read([
    { path, settleMs: 0 },
    { path: join(root, "nothing.mp3"), settleMs: 0 },
    { path, settleMs: 3_600_000 },
  ]);
  expect(answers).toMatchObject([
    { kind: "read", facts: { title: "Steady", artist: "Paper Lanterns", container: "mp3" } },
    { kind: "failed" },
    { kind: "young" },
  ]);
});
