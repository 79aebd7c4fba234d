import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const KEY = "a-key-for-the-benchmark";

/** A service as it runs, in a process and a folder of its own. */
export interface Service {
  readonly process: ChildProcess;
  /** gRPC target. */
  readonly target: string;
  /** `http://host:port` of the HTTP door and of the ops port. */
  readonly urls: { readonly http: string; readonly ops: string };
  readonly stop: () => Promise<void>;
}

/** @param core number of the one core it may run on; undefined: all of them */
export async function startService(name: "music" | "storage", env: Record<string, string>, core?: number): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "refrain-bench-"));
  const upper = name.toUpperCase();
  const own = {
    [`${upper}_PORT`]: "0",
    [`${upper}_HTTP_PORT`]: "0",
    [`${upper}_OPS_PORT`]: "0",
    [`${upper}_API_KEYS`]: `bench:${KEY}`,
  };
  const command = [process.execPath, `${name}/dist/main.js`];
  const [program = "", ...args] = core === undefined ? command : ["taskset", "--cpu-list", String(core), ...command];
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...own,
      DATA_DIR: folder,
      MUSIC_SOURCES: "library",
      LOG_LEVEL: "info",
      STOP_GRACE_MS: "0",
      STOP_DRAIN_MS: "500",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    if (!/"msg":"ready"/.test(line)) continue;
    const address = (door: string) => new RegExp(`"${door}":"([^"]+)"`).exec(line)?.[1] ?? "";
    child.stdout.resume(); // what it logs further on must not fill the pipe
    const urls = { http: `http://${address("http")}`, ops: `http://${address("ops")}` };
    return { process: child, target: `ipv4:${address("grpc")}`, urls, stop };
  }
  await stop();
  throw new Error(`${name} did not start`);
}
