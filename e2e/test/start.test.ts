import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import { ownPorts, startRefrain, type Refrain } from "../src/refrain.js";

/** Process ids whose environment names this folder: everything that one start has started. */
function processesOf({ folder }: Refrain): number[] {
  const found = execFileSync("sh", ["-c", `grep -alF "DATA_DIR=${folder}" /proc/[0-9]*/environ 2>/dev/null || true`], {
    encoding: "utf8",
  });
  return found
    .split("\n")
    .map((path) => Number(path.split("/")[2]))
    .filter((pid) => pid > 0 && pid !== process.pid);
}

function pidOf(refrain: Refrain, service: string): number {
  const pid = processesOf(refrain).find((candidate) => {
    const command = execFileSync("sh", ["-c", `tr '\\0' ' ' < /proc/${candidate}/cmdline 2>/dev/null || true`], {
      encoding: "utf8",
    });
    return command.includes(`${service}/dist/main.js`);
  });
  if (pid === undefined) throw new Error(`no process of ${service}`);
  return pid;
}

async function status(refrain: Refrain, service: string): Promise<string> {
  const response = await fetch(`http://${refrain.address(service, "http")}/health`);
  return ((await response.json()) as { status: string }).status;
}

describe("npm start", () => {
  let refrain: Refrain;
  beforeAll(async () => {
    refrain = await (await startRefrain()).ready();
  }, 120_000);
  afterAll(() => refrain[Symbol.asyncDispose]());

  test("ends in one block that says where to click, what runs and how to call it, without a key in it", async () => {
    const block = refrain.output.slice(refrain.output.indexOf("Refrain is ready"));
    for (const word of [refrain.page, "music", "storage", "bot", "grpcurl -plaintext", "curl -H", "Ctrl-C"])
      expect(block).toContain(word);
    expect(refrain.output).not.toContain(await refrain.key("music"));
    expect(refrain.output).not.toContain(await refrain.key("storage"));
  });

  test("runs three healthy services", async () => {
    for (const service of ["music", "storage", "bot"]) await until(async () => (await status(refrain, service)) === "healthy");
  });

  test("starts a service again that was killed", async () => {
    const before = pidOf(refrain, "music");
    process.kill(before, "SIGKILL");
    await until(() => refrain.output.includes("ended with SIGKILL; starting it again"), 20_000);
    await until(async () => (await status(refrain, "music").catch(() => "down")) === "healthy", 60_000);
    expect(pidOf(refrain, "music")).not.toBe(before);
  });
});

test("the first start fills an empty library with sample tracks that can be found", async () => {
  const refrain = await startRefrain({ MUSIC_LIBRARY_DIR: "", MUSIC_SEARCHES_PER_MINUTE: "0" }); // it asks again and again
  onTestFinished(() => refrain[Symbol.asyncDispose]());
  await refrain.ready();
  const headers = { authorization: `Bearer ${await refrain.key("music")}`, "content-type": "application/json" };
  const url = `http://${refrain.address("music", "http")}/refrain.music.v1.MusicService/Search`;
  const find = async () => (await fetch(url, { method: "POST", headers, body: '{"query":"believer"}' })).text();
  await until(async () => (await find()).includes('"title":"Believer"'), 90_000);
}, 240_000);

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends everything within 5 s, with exit code 0 and nothing left",
  async (signal) => {
    const refrain = await (await startRefrain()).ready();
    onTestFinished(() => refrain[Symbol.asyncDispose]());
    const startedAt = Date.now();
    refrain.process.kill(signal);
    refrain.process.kill(signal); // a terminal sends it twice
    expect(await refrain.stop(signal)).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(5_500);
    expect(processesOf(refrain)).toEqual([]);
  },
  120_000,
);

test("nothing outlives a kill -9 of the parent", async () => {
  const refrain = await (await startRefrain()).ready();
  onTestFinished(() => refrain[Symbol.asyncDispose]());
  expect(processesOf(refrain).length).toBeGreaterThanOrEqual(5);
  refrain.process.kill("SIGKILL");
  await until(() => processesOf(refrain).length === 0, 15_000);
}, 120_000);

test("port 0 means a free one, for every port at once", async () => {
  const zeros = Object.fromEntries(Object.keys(ownPorts()).map((name) => [name, "0"]));
  const refrain = await (await startRefrain(zeros)).ready();
  onTestFinished(() => refrain[Symbol.asyncDispose]());
  const addresses = ["music", "storage"].flatMap((service) =>
    ["grpc", "http", "ops"].map((door) => refrain.address(service, door)),
  );
  expect(new Set(addresses).size).toBe(6);
  await until(async () => (await status(refrain, "bot")) === "healthy");
}, 120_000);

test("a taken port is named with the variable that moves it, and nothing stays running", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  const taken = typeof address === "object" && address ? String(address.port) : "";
  const refrain = await startRefrain({ STORAGE_HTTP_PORT: taken });
  onTestFinished(() => refrain[Symbol.asyncDispose]());
  await until(() => refrain.exit !== undefined, 60_000);
  expect(refrain.exit).toBe(1);
  expect(refrain.output).toContain(`127.0.0.1:${taken} is taken: set STORAGE_HTTP_PORT to a free port`);
  expect(processesOf(refrain)).toEqual([]);
}, 120_000);

test.each([
  ["LOG_LEVEL", "loud", "LOG_LEVEL must be one of"],
  ["MUSIC_PORT", "99999", "MUSIC_PORT must be a whole number from 0 to 65535"],
  ["MUSIC_API_KEYS", "short", "MUSIC_API_KEYS has a key that is not 16 or more"],
  ["DATABASE_URL", "mysql://x", "DATABASE_URL"],
])(
  "a malformed %s stops the start with its name and an example",
  async (name, value, message) => {
    const refrain = await startRefrain({ [name]: value });
    onTestFinished(() => refrain[Symbol.asyncDispose]());
    await until(() => refrain.exit !== undefined, 60_000);
    expect([refrain.exit, refrain.output]).toEqual([1, expect.stringContaining(message)]);
    expect(refrain.output).toContain(`Example: ${name}=`);
    expect(refrain.output).not.toMatch(/^\s+at /m);
  },
  120_000,
);
