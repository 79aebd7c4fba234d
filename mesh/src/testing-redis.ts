import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

const PROGRAM = "/usr/bin/redis-server";

/** Without it, tests that need Redis are skipped; never in CI. */
export const hasRedis = existsSync(PROGRAM);

/** A Redis of one test, that can be done to what happens to servers. */
export interface RedisProcess {
  /** Stays the same over all its starts. */
  readonly url: string;
  /** It keeps its connections and says nothing any more. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again: empty, unless it keeps what it has. */
  start(): Promise<void>;
}

export interface RedisProcessOptions {
  /** Default: none is asked for. */
  password?: string;
  /** Folder where every write is appended to a file, which the next start reads. Default: nothing is kept. */
  folder?: string;
}

/** Below the ports that systems give to outgoing connections. */
const PORTS = { min: 10_000, max: 20_000 };
const TRIES = 20;

/** For a test that ends its process before it has finished. */
const launched = new Set<ChildProcess>();

/** Starts a private Redis until the test has finished. */
export async function startRedis(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  const redis = await runRedis(options);
  onTestFinished(() => redis.kill());
  return redis;
}

/** Starts a private Redis, which is to be killed in the end. It does not outlive this process. */
export async function runRedis(options: RedisProcessOptions = {}): Promise<RedisProcess> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(PORTS.min, PORTS.max);
    const child = await launch(port, options);
    if (child) return redisProcess(child, port, options);
    if (tries === TRIES) throw new Error(`redis-server did not start on any of ${TRIES} ports`);
  }
}

function redisProcess(first: ChildProcess, port: number, options: RedisProcessOptions): RedisProcess {
  let child = first;
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    url: `redis://${options.password ? `:${options.password}@` : ""}127.0.0.1:${port}`,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    kill,
    async start() {
      const again = await launch(port, options);
      if (!again) throw new Error(`redis-server did not start again on port ${port}`);
      child = again;
    },
  };
}

/** Resolves when it takes connections; undefined when it ended instead, because the port is taken. */
async function launch(port: number, { password = "", folder }: RedisProcessOptions): Promise<ChildProcess | undefined> {
  const kept = folder === undefined ? {} : { dir: folder, appendonly: "yes", appendfsync: "always" };
  const settings = { port: String(port), bind: "127.0.0.1", save: "", requirepass: password, ...kept };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(PROGRAM, args, { cwd: "/tmp", stdio: ["ignore", "pipe", "ignore"] });
  if (launched.size === 0) process.once("exit", () => launched.forEach((each) => each.kill("SIGKILL")));
  launched.add(child);
  const ready = new Promise<true>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.includes("Ready to accept connections") && resolve(true));
  });
  const isReady = await Promise.race([ready, once(child, "exit").then(() => false)]);
  return isReady ? child : undefined;
}
