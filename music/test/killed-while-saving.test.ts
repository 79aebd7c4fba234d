import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { openFileStore } from "../src/files/file-store.js";
import { openLocalHome } from "../src/files/local-home.js";
import { contentOf } from "./save-one.js";
import { readStored, requestFor } from "./stored-files.js";

const ROUNDS = 4;
const SCRIPT = fileURLToPath(new URL("save-forever.ts", import.meta.url));

/** Starts a process that saves without end; resolves when it begins. */
async function saveForever(folder: string, from: number): Promise<{ child: ChildProcess; saved: number[] }> {
  const args = ["--no-warnings", "--import", "tsx", "--conditions=@refrain/source", SCRIPT, folder, String(from)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const saved: number[] = [];
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  lines.on("line", (line) => saved.push(Number(line)));
  return { child, saved };
}

async function openStore(folder: string) {
  const home = await openLocalHome({ folder, now: Date.now });
  const store = openFileStore({ home, maxBytes: 1e9, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
  await store.ready;
  return store;
}

test("of a process that was killed while it saved, each file is whole or gone, and the folder is free at once", async () => {
  const folder = join(await temporaryFolder(), "files");
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { child, saved } = await saveForever(folder, next);
    await expect(openLocalHome({ folder, now: Date.now })).rejects.toThrow("another process uses");
    await wait(randomInt(20, 300));
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await gone;
    const store = await openStore(folder);
    for (const id of saved) expect(await store.find(requestFor(String(id))), `file ${id} was saved`).toBeDefined();
    const last = saved.at(-1) ?? next - 1;
    for (let id = next; id <= last + 2; id++) {
      const found = await store.find(requestFor(String(id)));
      if (!found) continue;
      const content = await readStored(store, found.file.fileUrl.replace("/files/", ""));
      expect(content?.equals(contentOf(id)), `file ${id} is whole`).toBe(true);
    }
    expect(await readdir(join(folder, ".part"))).toEqual([]);
    await store.close();
    next = last + 3;
  }
  expect(next).toBeGreaterThan(ROUNDS);
}, 120_000);
