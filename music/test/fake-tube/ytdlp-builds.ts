import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A real yt-dlp that tests run. */
export interface YtdlpBuild {
  name: string;
  path: string;
}

const SYSTEM = "/usr/bin/yt-dlp";
/** Where scripts/get-ytdlp.mjs puts a current one. */
const KEPT = fileURLToPath(new URL("../../../node_modules/.cache/refrain", import.meta.url));

/**
 * The builds that are here: the system's old one, and a current one when it could be had. With CI=true the system's has to be: nothing
 * is skipped there.
 */
export function ytdlpBuilds(): YtdlpBuild[] {
  const kept = existsSync(KEPT) ? readdirSync(KEPT).filter((name) => /^yt-dlp-[\d.]+$/.test(name)) : [];
  const builds = kept.map((name) => ({ name: "current", path: join(KEPT, name, "bin", "yt-dlp") }));
  const found = [{ name: "system", path: SYSTEM }, ...builds.slice(-1)].filter(({ path }) => canRun(path));
  if (!canRun(SYSTEM)) {
    if (process.env.CI === "true") throw new Error("yt-dlp is missing, and CI skips nothing: apt-get install yt-dlp");
    process.stderr.write("\n!!! yt-dlp is not installed: its tests are SKIPPED (apt-get install yt-dlp)\n");
  }
  return found;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}
