import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const PREFIX = "upload-";
/** No upload takes this long: what is older was left by a process that was killed. */
const LEFT_BEHIND_MS = 24 * 60 * 60_000;

/** Makes a folder of this process's own, and removes those that killed processes left behind a day ago or more. */
export async function makeTemporaryFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (name.startsWith(PREFIX) && (await ageMs(path)) > LEFT_BEHIND_MS) await rm(path, { recursive: true, force: true });
  }
  return mkdtemp(join(parent, PREFIX));
}

async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    // Another process that starts now has removed it already.
    return 0;
  }
}
