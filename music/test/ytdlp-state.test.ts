import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { silentLogger, temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import type { Source } from "../src/sources/source.js";
import { createYtdlpSources, type YtdlpOptions } from "../src/sources/ytdlp/create-ytdlp-sources.js";

const never = () => new AbortController().signal;
const SHELL_PATH = "/usr/bin:/bin";
const NOW = Date.parse("2026-11-22");

/** A program in the place of yt-dlp, which says its version and then does what the test wants. */
async function standIn(version: string, script = "exit 1"): Promise<{ path: string; folder: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, "yt-dlp");
  await writeFile(path, `#!/bin/sh\ncase "$*" in *--version) echo ${version}; exit;; esac\n${script}\n`, { mode: 0o755 });
  return { path, folder };
}

async function sourcesOf(path: string, more: Partial<YtdlpOptions> = {}): Promise<Source[]> {
  let sessions = 0;
  const openSession = () => ({ url: `http://tool:token${sessions++}@127.0.0.1:9`, blocked: () => 0, close: () => undefined });
  const http = { bytes: () => Promise.reject(new Error("nothing is asked")) };
  const options = { path, toolPath: SHELL_PATH, proxy: { openSession }, http, logger: silentLogger(), now: () => NOW };
  return createYtdlpSources({ ...options, ...more });
}

async function states(sources: readonly Source[]) {
  const seen = await Promise.all(sources.map((source) => source.probe(never())));
  return seen.map(({ ok, problem, detail }) => ({ ok, problem, detail }));
}

describe("the state of yt-dlp", () => {
  test("is that it is not installed, when it is not; every call says so", async () => {
    const sources = await sourcesOf("no-such-yt-dlp");
    expect((await states(sources)).map(({ problem }) => problem)).toEqual(["not_installed", "not_installed"]);
    await expect(sources[0]?.search("abba", 5, never())).rejects.toMatchObject({ problem: "not_installed" });
    await expect(sources[1]?.resolve("https://soundcloud.com/a/b", never())).rejects.toMatchObject({ problem: "not_installed" });
  });

  test("is that it does not run, when it says no version", async () => {
    const { path } = await standIn("hello");
    expect((await states(await sourcesOf(path)))[0]).toMatchObject({
      ok: false,
      detail: "yt-dlp is installed, but does not run",
    });
  });

  test("is that it is too old for YouTube, but not for others", async () => {
    const { path } = await standIn("2023.03.04");
    const [yt, sc] = await states(await sourcesOf(path));
    expect(yt).toMatchObject({ ok: false, problem: "too_old" });
    expect(sc).toMatchObject({ ok: true, detail: "yt-dlp 2023.03.04 is older than 6 months" });
  });

  test("is that YouTube needs a JavaScript runtime, until there is one", async () => {
    const { path, folder } = await standIn("2026.08.19.123456");
    const [yt, sc] = await states(await sourcesOf(path));
    const hasNode = Number.parseInt(process.versions.node, 10) >= 22;
    expect(yt?.problem).toBe(hasNode ? undefined : "no_js_runtime");
    expect(sc).toMatchObject({ ok: true, detail: "yt-dlp 2026.08.19" });
    const tools = join(folder, "tools");
    await mkdir(tools);
    await writeFile(join(tools, "deno"), "", { mode: 0o755 });
    const found = await states(await sourcesOf(path, { toolPath: [tools, SHELL_PATH].join(delimiter) }));
    expect(found[0]).toMatchObject({ ok: true, detail: "yt-dlp 2026.08.19" });
  });

  test("is looked for again: an operator may have installed it meanwhile", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "yt-dlp");
    let now = NOW;
    const sources = await sourcesOf(path, { now: () => now });
    expect((await states(sources))[1]).toMatchObject({ ok: false });
    await writeFile(path, "#!/bin/sh\necho 2026.11.01\n", { mode: 0o755 });
    now += 31_000;
    expect((await states(sources))[1]).toMatchObject({ ok: true, detail: "yt-dlp 2026.11.01" });
  });
});

describe("a run of yt-dlp", () => {
  test("is given options that its build knows, and no other way out than the proxy, which its arguments do not tell", async () => {
    for (const [version, knowsDelta] of [
      ["2023.03.04", false],
      ["2026.08.19", true],
    ] as const) {
      const { path, folder } = await standIn(version, 'echo "$@" > "$0.args"; env > "$0.env"; exit 1');
      const info = { id: "x", title: "Song", formats: [] };
      await writeFile(join(folder, "info"), JSON.stringify(info));
      const [yt] = await sourcesOf(path);
      await yt?.search("abba; $(id)", 3, never()).catch(() => undefined);
      const args = await readFile(`${path}.args`, "utf8");
      expect(args).toMatch(/^--ignore-config /);
      expect(args).toMatch(/ -- ytsearch3:abba; \$\(id\)\n$/);
      expect(args).not.toContain("token");
      expect(args).not.toMatch(/generic|default|\ball\b/);
      const hasNode = Number.parseInt(process.versions.node, 10) >= 22;
      expect(args.includes("--js-runtimes")).toBe(knowsDelta && hasNode);
      const env = Object.fromEntries(
        (await readFile(`${path}.env`, "utf8"))
          .trim()
          .split("\n")
          .map((line) => line.split(/=(.*)/s)),
      );
      for (const name of ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"]) expect(env[name]).toContain("@127.0.0.1:9");
      const ours = ["PATH", "LANG", "http_proxy", "https_proxy", "ftp_proxy", "all_proxy"];
      expect(Object.keys(env).filter((name) => !["PWD", "OLDPWD", "SHLVL", "_", ...ours].includes(name))).toEqual([]);
    }
  });

  test("gets a copy of the cookies of its own, which is gone afterwards", async () => {
    const { path, folder } = await standIn(
      "2026.08.19",
      'while [ "$1" != --cookies ]; do shift; done; cat "$2" > "$0.got"; echo "$2" > "$0.name"; echo x >> "$2"',
    );
    const cookiesFile = join(folder, "cookies.txt");
    await writeFile(cookiesFile, "secret", { mode: 0o400 });
    const [yt] = await sourcesOf(path, { cookiesFile });
    expect(await yt?.search("abba", 3, never())).toEqual([]);
    expect(await readFile(`${path}.got`, "utf8")).toBe("secret");
    expect(await readFile(cookiesFile, "utf8")).toBe("secret");
    const copy = (await readFile(`${path}.name`, "utf8")).trim();
    await expect(readFile(copy)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("is not one of a hundred: few run at once, some wait, more are refused", async () => {
    const { path, folder } = await standIn(
      "2026.08.19",
      `echo start >> "$0.log"; while ! [ -e "$0.go" ]; do sleep 0.05; done; echo end >> "$0.log"`,
    );
    const [yt] = await sourcesOf(path, { runs: { asks: 2, waiting: 3 } });
    await yt?.probe(never());
    const log = async () => (await readFile(`${path}.log`, "utf8").catch(() => "")).trim().split("\n").filter(Boolean);
    const searches = Array.from({ length: 10 }, (_, at) => yt?.search(`query ${at}`, 3, never()));
    const settled = Promise.allSettled(searches);
    await until(async () => (await log()).length === 2);
    await writeFile(join(folder, "yt-dlp.go"), "");
    const answers = await settled;
    expect(answers.map(({ status }) => status).filter((status) => status === "rejected")).toHaveLength(5);
    let running = 0;
    for (const line of await log()) {
      running += line === "start" ? 1 : -1;
      expect(running).toBeLessThanOrEqual(2);
    }
    expect((await log()).filter((line) => line === "start")).toHaveLength(5);
  });

  test("that waits is not begun when nobody waits for it any more", async () => {
    const { path } = await standIn("2026.08.19", `echo start >> "$0.log"; sleep 600`);
    const [yt] = await sourcesOf(path, { runs: { asks: 1 } });
    const controller = new AbortController();
    const searches = [1, 2, 3].map((at) => yt?.search(`query ${at}`, 3, controller.signal));
    const settled = Promise.allSettled(searches);
    await until(() =>
      readFile(`${path}.log`, "utf8").then(
        () => true,
        () => false,
      ),
    );
    controller.abort(new Error("gone"));
    expect((await settled).map((answer) => answer.status === "rejected" && answer.reason.message)).toEqual([
      "gone",
      "gone",
      "gone",
    ]);
    expect(await readFile(`${path}.log`, "utf8")).toBe("start\n");
  });

  test("that takes too long is ended, and so is one that writes without end", async () => {
    const slow = await standIn("2026.08.19", "sleep 600");
    const [yt] = await sourcesOf(slow.path, { times: { ask: 300 } });
    await expect(yt?.search("abba", 3, never())).rejects.toMatchObject({ problem: "timeout" });
    const endless = await standIn("2026.08.19", "while :; do echo '{}'; done");
    const [other] = await sourcesOf(endless.path);
    await expect(other?.search("abba", 3, never())).rejects.toMatchObject({ problem: "down" });
  });
});

describe("beside yt-dlp", () => {
  const info = {
    id: "abcdefghijk",
    title: "Song",
    ext: "mp3",
    format_id: "1",
    thumbnails: [
      { url: "https://i.example/huge.jpg", width: 1920, height: 1080 },
      { url: "https://i.example/right.jpg", width: 480, height: 360 },
      { url: "https://i.example/small.jpg", width: 120, height: 90 },
      { url: "https://i.example/right.webp", width: 320, height: 180 },
      { url: "http://i.example/insecure.jpg", width: 320, height: 180 },
    ],
  };
  const script = `case "$*" in
    *--load-info-json*) while [ "$1" != -P ]; do shift; done; printf 'ID3' > "$2/audio.mp3"; echo "@D \\"$2/audio.mp3\\"";;
    *) cat "$0.json";;
  esac`;

  test("the smallest picture that is large enough is fetched; a track whose picture cannot be had is still a track", async () => {
    const { path } = await standIn("2026.08.19", script);
    await writeFile(`${path}.json`, `${JSON.stringify(info)}\n`);
    const asked: string[] = [];
    const bytes = async (url: string) => {
      asked.push(url);
      if (asked.length > 1) throw new Error("no picture");
      return Buffer.from("a picture");
    };
    const [yt] = await sourcesOf(path, { http: { bytes } });
    const found = await yt?.resolve("https://youtu.be/abcdefghijk", never());
    const target = async () => ({ folder: await temporaryFolder(), maxBytes: 0, progress: () => undefined });
    const fetched = await found?.fetch(await target(), never());
    expect(asked).toEqual(["https://i.example/right.jpg"]);
    expect(await readFile(fetched?.coverPath ?? "", "utf8")).toBe("a picture");
    expect(await found?.fetch(await target(), never())).toMatchObject({ container: "mp3", coverPath: undefined });
  });

  test("a short link is followed to the page that says what it is", async () => {
    const { path } = await standIn("2026.08.19", script);
    await writeFile(`${path}.json`, `${JSON.stringify(info)}\n`);
    const page = '<html><link rel="canonical" href="https://soundcloud.com/some-one/a-song"><script>…';
    const [, sc] = await sourcesOf(path, { http: { bytes: async () => Buffer.from(page) } });
    const url = sc?.canonicalUrl("https://on.soundcloud.com/AbC") ?? "";
    expect((await sc?.list(url, never()))?.tracks[0]?.url).toBe("https://soundcloud.com/some-one/a-song");
  });
});
