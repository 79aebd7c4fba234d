import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { runTool, ToolError, type ToolOptions } from "../src/convert/run-tool.js";
import { groupIsGone } from "./processes.js";

const TOOL_PATH = "/usr/bin:/bin";

function sh(script: string, more: Partial<ToolOptions> = {}): ToolOptions {
  return { command: "sh", args: ["-c", script], toolPath: TOOL_PATH, onLine: () => undefined, ...more };
}

const never = () => new AbortController().signal;

describe("a tool", () => {
  test("gets its arguments as they are, its own environment, and hands over its lines", async () => {
    const lines: string[] = [];
    const args = ["-c", 'for a in "$@"; do echo "$a"; done; env | sort', "sh", "a b", "$(id)", "; exit 3", "-x"];
    await runTool(
      { command: "sh", args, toolPath: TOOL_PATH, env: { LANG: "C.UTF-8" }, onLine: (line) => lines.push(line) },
      never(),
    );
    expect(lines.slice(0, 4)).toEqual(["a b", "$(id)", "; exit 3", "-x"]);
    expect(lines.slice(4).filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line))).toEqual(["LANG=C.UTF-8", `PATH=${TOOL_PATH}`]);
  });

  test("that is not installed is told from one that fails", async () => {
    await expect(runTool({ ...sh(""), command: "no-such-tool" }, never())).rejects.toMatchObject({ code: "ENOENT" });
    const failed = await runTool(sh("echo why >&2; exit 3"), never()).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ToolError);
    expect(failed).toMatchObject({ code: "3", stderr: "why\n" });
  });

  test("that writes a line without end is stopped", async () => {
    const endless = sh("tr '\\0' x < /dev/zero", { maxLineCharacters: 1000 });
    await expect(runTool(endless, never())).rejects.toMatchObject({ code: "EOVERFLOW" });
  });

  test("ends when its reader fails, with that failure", async () => {
    const onLine = () => {
      throw new Error("enough");
    };
    await expect(runTool(sh("while :; do echo x; sleep 0.01; done", { onLine }), never())).rejects.toThrow("enough");
  });

  test("that does not want to end is made to, with all it started", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const stubborn = sh("trap '' INT TERM; sleep 300 & echo $$; sleep 300; sleep 300", {
      onLine: (line) => pids.push(Number(line)),
      endSignal: "SIGINT",
    });
    const run = runTool(stubborn, controller.signal);
    run.catch(() => undefined);
    await until(() => pids.length > 0);
    controller.abort(new Error("cancelled"));
    await expect(run).rejects.toThrow("cancelled");
    await until(() => groupIsGone(pids[0] ?? 0));
  });

  test("leaves nothing behind that it started, when it ends by itself", async () => {
    const pids: number[] = [];
    await runTool(sh("sleep 300 >/dev/null 2>&1 & echo $$", { onLine: (line) => pids.push(Number(line)) }), never());
    await until(() => groupIsGone(pids[0] ?? 0));
  });

  test("dies with us when we are killed", async () => {
    const folder = await temporaryFolder();
    const pidFile = join(folder, "pid");
    const module = new URL("../src/convert/run-tool.ts", import.meta.url).href;
    const script = `import { runTool } from ${JSON.stringify(module)};
      const args = ["-c", "trap '' INT TERM HUP; sleep 300 & echo $$ > ${pidFile}; sleep 300; sleep 300"];
      await runTool({ command: "sh", args, toolPath: ${JSON.stringify(TOOL_PATH)}, onLine: () => {} }, new AbortController().signal);`;
    const us = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "inherit" });
    const pid = async () => Number(await readFile(pidFile, "utf8").catch(() => "0"));
    await until(async () => (await pid()) > 0);
    us.kill("SIGKILL");
    await once(us, "exit");
    const group = await pid();
    await until(() => groupIsGone(group), 5_000);
  });
});
