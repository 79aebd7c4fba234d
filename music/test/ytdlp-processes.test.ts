import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type OpenTube, openTube, TOOL_PATH, video, watchUrl } from "./fake-tube/open-tube.js";
import { ytdlpBuilds } from "./fake-tube/ytdlp-builds.js";
import { groupIsGone, groupsRunning } from "./processes.js";

const ID = "processes_1";
const GONE_MS = 5_000;
const FETCH_SLOWLY = fileURLToPath(new URL("fake-tube/fetch-slowly.ts", import.meta.url));

// Each step starts a Python, and all processors may be busy.
vi.setConfig({ testTimeout: 180_000 });

describe.each(ytdlpBuilds())("what yt-dlp ($name) starts", ({ path }) => {
  let open: OpenTube;
  beforeAll(async () => {
    open = await openTube(path);
  });
  afterAll(() => open.close());

  /** A track that takes minutes. */
  function serveSlowly() {
    const file = open.tube.file("slow.mp3", { body: Buffer.alloc(30_000_000, 1), bytesPerSecond: 200_000 });
    open.tube.page(watchUrl(ID), video(ID, file));
  }

  /** A track that comes at once, and whose audio has to be taken out by an ffmpeg that never ends. */
  async function serveEndless(): Promise<string> {
    const folder = await temporaryFolder();
    const webm = join(folder, "tone.webm");
    await promisify(execFile)("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus", webm]);
    const file = open.tube.file("tone.webm", { body: await readFile(webm) });
    open.tube.page(watchUrl(ID), video(ID, file, { format: { format_id: "251", ext: "webm", acodec: "opus" } }));
    const tools = join(folder, "tools");
    await mkdir(tools);
    const script =
      '#!/bin/sh\ntrap "" INT TERM\ncase "$*" in *-version*|*-bsfs*) exec /usr/bin/ffmpeg "$@";; esac\nsleep 600\nsleep 600\n';
    await writeFile(join(tools, "ffmpeg"), script, { mode: 0o755 });
    await symlink("/usr/bin/ffprobe", join(tools, "ffprobe"));
    return `${tools}:${TOOL_PATH}`;
  }

  /** The process groups that work on a folder, once the one that we wait for is among them. */
  async function groupsOn(folder: string, tool: string): Promise<number[]> {
    let groups = new Map<number, string[]>();
    await until(async () => {
      // The process that we kill names the folder as well.
      groups = await groupsRunning(folder, FETCH_SLOWLY);
      return [...groups.values()].flat().some((command) => command.includes(tool));
    }, 60_000);
    return [...groups.keys()];
  }

  function startUs(folder: string, toolPath: string): ChildProcess {
    const values = {
      path,
      "tool-path": toolPath,
      host: open.tube.host,
      env: JSON.stringify(open.tube.env),
      url: watchUrl(ID),
      folder,
    };
    const options = Object.entries(values).map(([name, value]) => `--${name}=${value}`);
    const node = ["--import", "tsx", "--conditions=@refrain/source", FETCH_SLOWLY, ...options];
    const us = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void us.kill("SIGKILL"));
    return us;
  }

  test("is gone when we are killed at half of a fetch", async () => {
    serveSlowly();
    const folder = await temporaryFolder();
    const us = startUs(folder, TOOL_PATH);
    let said = "";
    us.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until(() => /progress \d{5,}/.test(said), 60_000);
    const tools = await groupsOn(folder, "--load-info-json");
    expect(tools).toHaveLength(1);
    us.kill("SIGKILL");
    await once(us, "exit");
    await until(() => tools.every(groupIsGone), GONE_MS);
  });

  test("is gone when we are killed while ffmpeg works", async () => {
    const toolPath = await serveEndless();
    const folder = await temporaryFolder();
    const us = startUs(folder, toolPath);
    const tools = await groupsOn(folder, "tools/ffmpeg");
    us.kill("SIGKILL");
    await once(us, "exit");
    await until(() => tools.every(groupIsGone), GONE_MS);
  });

  test("is gone when a fetch is cancelled while ffmpeg works, though that does not want to end", async () => {
    const toolPath = await serveEndless();
    const [source] = await open.sources({ toolPath });
    const target = await open.target();
    const controller = new AbortController();
    const found = await source?.resolve(watchUrl(ID), controller.signal);
    const fetching = found?.fetch(target, controller.signal);
    fetching?.catch(() => undefined);
    const tools = await groupsOn(target.folder, "tools/ffmpeg");
    expect(tools).toHaveLength(1);
    controller.abort(new Error("cancelled"));
    await expect(fetching).rejects.toThrow("cancelled");
    // Who is told may remove the folder: nobody writes into it any more.
    await until(async () => (await groupsRunning(target.folder)).size === 0, 1_000);
    await until(() => tools.every(groupIsGone), GONE_MS);
  });
});
