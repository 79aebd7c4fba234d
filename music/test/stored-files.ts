import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { silentLogger } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";
import { createCovers } from "../src/covers/covers.js";
import { type FileStore, openFileStore } from "../src/files/file-store.js";
import { openLocalHome } from "../src/files/local-home.js";
import { openParts } from "../src/files/parts.js";

export { coverName, put, requestFor } from "./save-one.js";

const TOOL_PATH = "/usr/local/bin:/usr/bin:/bin";

/** A store in a folder with all that belongs to it, until the test has finished. */
export async function openTestFiles(root: string, maxBytes = 100_000_000) {
  const [folder, partsFolder] = [join(root, "files"), join(root, "parts")];
  const home = await openLocalHome({ folder, now: Date.now });
  const store = openFileStore({ home, maxBytes, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
  const parts = await openParts({ folder: partsFolder, maxBytes, logger: silentLogger() });
  const covers = await createCovers(join(root, "covers"), TOOL_PATH);
  onTestFinished(async () => {
    await parts.close();
    await store.close();
  });
  return { store, parts, covers, folder, partsFolder };
}

/** The bytes of a stored file, or of a part of it; undefined when there is none. */
export async function readStored(store: FileStore, name: string, range?: { start: number; end: number }) {
  const signal = new AbortController().signal;
  const held = await store.open(name, signal);
  if (!held) return undefined;
  try {
    return await buffer(await held.read(range, signal));
  } finally {
    held.release();
  }
}
