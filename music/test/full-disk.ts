import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, rm, rmdir, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
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
  const folder = await mkdtemp(join(tmpdir(), "refrain-mount-"));
  try {
    await mount(folder, 4_096);
    await unmount(folder);
    return true;
  } catch (cause) {
    if (process.env.CI === "true") throw new Error("a full disk is a small file system, and none can be mounted here", { cause });
    process.stderr.write("\n!!! no file system can be mounted (not root?): tests with a full disk are SKIPPED\n");
    return false;
  } finally {
    await rmdir(folder);
  }
}

const mount = (folder: string, bytes: number) => run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "refrain-test", folder]);
const unmount = (folder: string) => run("umount", ["--lazy", folder]);

/** Mounts a file system in memory until the test has finished. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = join(await temporaryFolder(), "disk");
  await mkdir(folder);
  await mount(folder, bytes);
  onTestFinished(async () => void (await unmount(folder)));
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
