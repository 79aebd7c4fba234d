// Brings a current yt-dlp for tests, beside the system's old one. Fails softly: without it tests have one build less to run with.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run } from "./tools.mjs";

const VERSION = "2026.8.19";
const TIMEOUT_MS = 30_000;
const folder = join(root, "node_modules", ".cache", "refrain", `yt-dlp-${VERSION}`);

/** The interpreter itself, not what finds it: version managers put slow scripts before it. */
const launcher = (python) => `#!${python}
import os, sys
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from yt_dlp import main
main()
`;

/** Where tests look for it: `bin/yt-dlp` in there. */
export const currentYtdlp = join(folder, "bin", "yt-dlp");

/** @returns whether it is there now */
export function getYtdlp() {
  if (existsSync(currentYtdlp)) return true;
  const part = `${folder}.part-${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    const pip = [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--disable-pip-version-check",
      "--no-deps",
      "--retries",
      "0",
      "--timeout",
      "10",
    ];
    const got = run("python3", [...pip, "--dest", part, `yt-dlp==${VERSION}`], { timeout: TIMEOUT_MS });
    const wheel = existsSync(part) && readdirSync(part).find((name) => name.endsWith(".whl"));
    if (!got.ok || !wheel) return false;
    if (!run("python3", ["-m", "zipfile", "-e", join(part, wheel), part], { timeout: TIMEOUT_MS }).ok) return false;
    rmSync(join(part, wheel));
    const python = run("python3", ["-c", "import sys; print(sys.executable)"]);
    if (!python.ok) return false;
    mkdirSync(join(part, "bin"));
    writeFileSync(join(part, "bin", "yt-dlp"), launcher(python.output.trim()), { mode: 0o755 });
    if (!run(join(part, "bin", "yt-dlp"), ["--version"], { timeout: TIMEOUT_MS }).ok) return false;
    mkdirSync(dirname(folder), { recursive: true });
    renameSync(part, folder);
    return true;
  } catch (error) {
    console.log(`tests: ${error.message}`);
    return existsSync(currentYtdlp); // another run may have been faster
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
