import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TEST_KEY, temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../src/cli/run-cli.js";
import { startUp } from "./start-up.js";
import { toneMp3 } from "./tones.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "music/src/cli/main.ts");

/** Settings of a music that has two tracks, and asks nobody. */
async function settings(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const dataDir = await temporaryFolder();
  const library = join(dataDir, "library");
  await mkdir(library);
  for (const [at, title] of ["Believer", "Belief"].entries()) {
    const path = join(library, `${at}.mp3`);
    await writeFile(path, await toneMp3(300 + at, { title, artist: "Paper Lanterns" }, 3));
    await utimes(path, 1, 1);
  }
  return { DATA_DIR: dataDir, MUSIC_SOURCES: "library", PATH: process.env.PATH ?? "", ...more };
}

async function run(args: readonly string[], env: Record<string, string>) {
  const written = { stdout: "", stderr: "" };
  const to = (name: keyof typeof written) => ({ write: (text: string) => void (written[name] += text) });
  const { signal } = new AbortController();
  const code = await runCli(args, { env, stdout: to("stdout"), stderr: to("stderr"), signal });
  return { code, ...written };
}

describe("alone", () => {
  test("search prints what the sources find, best first", async () => {
    const { code, stdout, stderr } = await run(["search", "beleiver"], await settings());
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^1 {2}Paper Lanterns — Believer {2}\(0:03, library\)\n {3}library:\/\/[0-9a-f]{64}\n/);
  });

  test("search --json prints the tracks of the contract", async () => {
    const { code, stdout } = await run(["search", "paper", "--artist", "--json", "--limit", "1"], await settings());
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ tracks: [{ uploader: "Paper Lanterns", source: "library" }], failures: [] });
  });

  test("finding nothing ends with 3", async () => {
    expect(await run(["search", "xylophone"], await settings())).toEqual({ code: 3, stdout: "", stderr: "nothing found\n" });
    expect(await run(["fetch", "believer#9"], await settings())).toEqual({ code: 3, stdout: "", stderr: "nothing found\n" });
  });

  test("fetch brings a track and prints where it lies, and never overwrites", async () => {
    const env = await settings();
    const to = await temporaryFolder();
    const first = await run(["fetch", "belief#1", "--to", to], env);
    expect(first).toMatchObject({ code: 0, stdout: `${join(to, "Paper Lanterns - Belief.mp3")}\n` });
    const again = await run(["fetch", "belief", "--to", to, "--json"], env);
    expect(JSON.parse(again.stdout)).toMatchObject({ path: join(to, "Paper Lanterns - Belief (2).mp3"), title: "Belief" });
    const original = await readFile(join(env["DATA_DIR"] ?? "", "library/1.mp3"));
    for (const name of ["Paper Lanterns - Belief.mp3", "Paper Lanterns - Belief (2).mp3"]) {
      expect((await readFile(join(to, name))).equals(original)).toBe(true);
    }
    expect(await readdir(to)).toHaveLength(2);
  });

  test("sources says whether each works", async () => {
    const env = await settings();
    expect(await run(["sources"], env)).toEqual({ code: 0, stdout: "library  works  2 tracks\n", stderr: "" });
    const { stdout } = await run(["sources", "--json"], env);
    expect(JSON.parse(stdout)).toEqual([{ name: "library", ok: true, detail: "2 tracks" }]);
  });

  test("a link that may not be asked is refused in one line", async () => {
    const { code, stderr } = await run(["fetch", "http://127.0.0.1/x.mp3"], await settings());
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^refrain-music: [^\n]*UNSUPPORTED_URL\)\n$/)]);
  });

  test("a setting that is wrong is named", async () => {
    const { code, stderr } = await run(["sources"], await settings({ MUSIC_SOURCES: "radio" }));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^refrain-music: MUSIC_SOURCES [^\n]*\n$/)]);
  });
});

describe("against a music that runs", () => {
  test("the same commands work, with its key and its files", async () => {
    const { grpc, httpUrl } = await startUp();
    const env = { MUSIC_API_KEYS: `test:${TEST_KEY}`, MUSIC_FILES_URL: httpUrl };
    const target = ["--target", `ipv4:${grpc}`];
    const to = await temporaryFolder();
    expect((await run(["search", "believer", ...target], env)).stdout).toContain("Paper Lanterns — Believer");
    const fetched = await run(["fetch", "believer", "--to", to, ...target], env);
    expect(fetched).toMatchObject({ code: 0, stdout: `${join(to, "Paper Lanterns - Believer.mp3")}\n` });
    expect(await run(["sources", ...target], env)).toEqual({ code: 0, stdout: "library  works  1 track\n", stderr: "" });
  });

  test("a wrong key and a music that is not there are said in one line, and MUSIC_TARGET is obeyed", async () => {
    const { grpc, httpUrl } = await startUp();
    const wrong = { MUSIC_API_KEYS: `test:${TEST_KEY}-not`, MUSIC_FILES_URL: httpUrl, MUSIC_TARGET: `ipv4:${grpc}` };
    const refused = await run(["search", "believer"], wrong);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^refrain-music: [^\n]*API_KEY_INVALID\)\n$/)]);
    const nobody = { MUSIC_API_KEYS: `test:${TEST_KEY}`, MUSIC_TARGET: "ipv4:127.0.0.1:9" };
    expect(await run(["search", "believer"], nobody)).toEqual({
      code: 1,
      stdout: "",
      stderr: "refrain-music: music does not answer there: is it running, and is --target right?\n",
    });
  });
});

test.each([
  [[], 0],
  [["--help"], 0],
  [["search", "--help"], 0],
  [["fetch", "-h"], 0],
  [["sources", "--help"], 0],
  [["dance"], 2],
  [["search"], 2],
  [["search", "x", "--limit", "0"], 2],
  [["search", "x", "--limit", "many"], 2],
  [["search", "x", "--format", "mp3"], 2],
  [["fetch", "x", "--format", "flac"], 2],
  [["sources", "x"], 2],
  [["search", "x", "--loud"], 2],
])("%j ends with %i, and opens nothing", async (args, code) => {
  const ended = await run(args, {});
  expect(ended.code).toBe(code);
  if (code === 0) expect(ended.stdout).toMatch(/^refrain-music /);
  else expect(ended.stderr).toMatch(/^refrain-music: [^\n]+\. See refrain-music --help\n$/);
});

test("Ctrl-C ends a fetch with 130, one line and no file", { timeout: 60_000 }, async () => {
  const env = await settings({ LIBRARY_BYTES_PER_SECOND: "2000" });
  const to = await temporaryFolder();
  const args = ["--conditions=@refrain/source", "--import", "tsx", MAIN, "fetch", "believer", "--to", to];
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await until(() => stderr.includes("fetching"), 40_000);
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect(code).toBe(130);
  expect(stderr).toMatch(/\nstopped\n$/);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(await readdir(to)).toEqual([]);
});
