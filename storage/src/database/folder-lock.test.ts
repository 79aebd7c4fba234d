import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { lockFolder } from "./folder-lock.js";
import { identify } from "./process-identity.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

/** A process id that nobody has: of a process that has just ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

/** A folder with a lock that says it is this one's. */
async function lockedBy(holder: unknown): Promise<{ folder: string; file: string }> {
  const folder = join(await temporaryFolder(), "storage");
  mkdirSync(folder);
  const file = join(folder, "lock");
  writeFileSync(file, typeof holder === "string" ? holder : JSON.stringify(holder));
  return { folder, file };
}

function silentFor(file: string, seconds: number): void {
  const time = new Date(Date.now() - seconds * 1_000);
  utimesSync(file, time, time);
}

describe("the lock of a folder", () => {
  test("is one process's until it is released", async () => {
    const folder = join(await temporaryFolder(), "not", "there", "yet");
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(UnusableDatabaseError);
    expect(() => lockFolder(folder)).toThrow(`${folder} is in use by process ${process.pid}: stop that one, or set DATA_DIR`);
    lock.release();
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is taken over at once from a process that was killed", async () => {
    const { folder, file } = await lockedBy({ ...identify(), pid: await deadPid() });
    const lock = lockFolder(folder);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(identify());
    lock.release();
  });

  test("is taken over when its pid has come to belong to another process", async () => {
    const { folder } = await lockedBy({ ...identify(process.ppid), born: "before" });
    lockFolder(folder).release();
  });

  test("stays with a living process, however long it has been silent", async () => {
    const { folder, file } = await lockedBy(identify(process.ppid));
    silentFor(file, 3_600);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.ppid}`);
    expect(existsSync(file)).toBe(true);
  });

  test.each([
    ["of another container", { pid: 1, born: "", namespace: "pid:[1]" }],
    ["that is unreadable", "{"],
    ["of another shape", "[1]"],
  ])("%s is taken over after 15 s without a heartbeat", async (_, holder) => {
    const { folder, file } = await lockedBy(holder);
    silentFor(file, 10);
    expect(() => lockFolder(folder)).toThrow("is in use by");
    silentFor(file, 16);
    lockFolder(folder).release();
  });

  test("cannot be had where no folder can be", async () => {
    const file = join(await temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(() => lockFolder(join(file, "storage"))).toThrow(/cannot use .* \(ENOTDIR\): set DATA_DIR/);
  });

  test("that somebody else has taken is not released", async () => {
    const folder = await temporaryFolder();
    const lock = lockFolder(folder);
    writeFileSync(join(folder, "lock"), "another's");
    lock.release();
    expect(readFileSync(join(folder, "lock"), "utf8")).toBe("another's");
  });

  test("goes to one of many processes that find a dead one's", async () => {
    const { folder } = await lockedBy({ ...identify(), pid: await deadPid() });
    const script = `import("${new URL("folder-lock.ts", import.meta.url).href}").then(({ lockFolder }) => {
      try { lockFolder(${JSON.stringify(folder)}); console.log("mine"); } catch (error) { console.log(error.message); }
      setTimeout(() => {}, 60_000);
    });`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--import", "tsx", "-e", script], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    try {
      const said = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, "data"))[0]).trim()));
      expect(said.filter((line) => line === "mine")).toHaveLength(1);
      expect(said.filter((line) => line.includes("is in use by process"))).toHaveLength(3);
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  }, 120_000);
});
