import { execFile } from "node:child_process";
import { mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** A small disk of its own that can be filled. */
export interface SmallDisk {
  folder: string;
  /** Fills it until so many bytes are free. */
  fill(freeBytes: number): Promise<void>;
  /** Makes room again. */
  empty(): Promise<void>;
}

/**
 * Whether a file system can be mounted here. With CI=true it has to be: nothing is skipped there.
 * Elsewhere it says loudly what is skipped.
 */
export async function canMount(): Promise<boolean> {
  if (process.getuid?.() === 0) return true;
  if (process.env.CI === "true") throw new Error("a full disk is a small file system that is mounted, which takes root");
  process.stderr.write("\n!!! not root: tests with a full disk are SKIPPED\n");
  return false;
}

/** Mounts a file system in memory until the test has finished. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = join(await temporaryFolder(), "disk");
  await mkdir(folder);
  await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "refrain-test", folder]);
  onTestFinished(async () => {
    await run("umount", ["--lazy", folder]);
  });
  const ballast = join(folder, "ballast");
  return {
    folder,
    async fill(freeBytes) {
      const { bavail, bsize } = await statfs(folder);
      const file = await open(ballast, "a");
      const block = Buffer.alloc(bsize);
      try {
        for (let left = bavail * bsize - freeBytes; left >= bsize; left -= bsize) await file.write(block);
      } finally {
        await file.close();
      }
    },
    empty: () => rm(ballast),
  };
}
