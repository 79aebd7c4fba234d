import { execFile } from "node:child_process";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { toneMp3 } from "./tones.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FROM_SOURCE = `"${process.execPath}" --conditions=@refrain/source --import tsx music/src/cli/main.ts`;
const run = promisify(execFile);

/** The commands of the page, each with what a comment before it says that it prints. */
async function commands(): Promise<{ prints: string; command: string }[]> {
  const page = await readFile(join(ROOT, "docs/operators/README.md"), "utf8");
  const blocks = page.matchAll(/<!-- prints: (.+?) -->\n```sh\n(npx refrain-music [\s\S]+?)```/g);
  return [...blocks].map(([, prints = "", command = ""]) => ({ prints, command }));
}

test("the commands in docs/operators/README.md print what it says", { timeout: 120_000 }, async () => {
  const dataDir = await temporaryFolder();
  const library = await temporaryFolder();
  const track = join(library, "a.mp3");
  await writeFile(track, await toneMp3(440, { title: "Believer", artist: "Paper Lanterns" }, 2));
  await utimes(track, 1, 1);
  const env = { PATH: process.env.PATH, DATA_DIR: dataDir, MUSIC_LIBRARY_DIR: library, MUSIC_SOURCES: "library" };
  const all = await commands();
  expect(all.length).toBeGreaterThanOrEqual(4);
  for (const { prints, command } of all) {
    const script = command.replaceAll("npx refrain-music", FROM_SOURCE).replaceAll("/tmp/refrain-tries", join(dataDir, "tries"));
    const { stdout, stderr } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: ROOT, env, timeout: 60_000 });
    expect(stdout, command).toMatch(new RegExp(prints));
    expect(stderr, command).not.toMatch(/error|\n\s+at /i);
  }
});
