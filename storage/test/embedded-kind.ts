import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTemporary } from "../src/database/embedded.js";
import type { DatabaseKind } from "./test-storage.js";

/** Embedded databases in temporary folders. */
export function embeddedKind(): DatabaseKind {
  const folders: string[] = [];
  return {
    async options() {
      const dataDir = await mkdtemp(join(tmpdir(), "refrain-storage-"));
      folders.push(dataDir);
      return { kind: "embedded", dataDir };
    },
    empty: () => openTemporary(),
    async close() {
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}
