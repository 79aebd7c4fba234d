import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { temporaryFolder, TEST_KEY } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { track } from "./samples.js";
import { startStorage, type StorageProcess } from "./storage-process.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** The shell blocks of a page, each with what a comment before it says that it prints. */
async function shellBlocks(page: string): Promise<{ prints: string | undefined; command: string }[]> {
  const text = await readFile(join(ROOT, page), "utf8");
  const blocks = text.matchAll(/(?:<!-- prints: (.+?) -->\n)?```sh\n([\s\S]+?)```/g);
  return [...blocks].map(([, prints, command = ""]) => ({ prints, command }));
}

/** A place to run the commands in, where the project and its key are found as after `npm start`. */
async function projectFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ["proto", "node_modules", "package.json"]) await symlink(join(ROOT, name), join(folder, name));
  await mkdir(join(folder, "data/keys"), { recursive: true });
  await writeFile(join(folder, "data/keys/storage.key"), `${TEST_KEY}\n`);
  return folder;
}

/** Runs the blocks of a page one after another, each behind the first, and returns what they printed. */
async function runPage(page: string, storage: StorageProcess): Promise<string[]> {
  const [prepare, ...blocks] = await shellBlocks(page);
  const cwd = await projectFolder();
  const printed: string[] = [];
  for (const { command, prints } of blocks) {
    const script = `set -euo pipefail\n${prepare?.command}\n${command}`.replaceAll("127.0.0.1:50052", storage.grpcAddress);
    const { stdout } = await run("bash", ["-c", script], { cwd, timeout: 60_000 });
    expect(stdout, command).toMatch(new RegExp(prints ?? "nothing is promised"));
    printed.push(stdout);
  }
  return printed;
}

async function start() {
  const storage = await startStorage({ DATA_DIR: await temporaryFolder() });
  onTestFinished(async () => void (await storage.kill("SIGTERM")));
  const transport = createConnectTransport({ baseUrl: `http://${storage.httpAddress}`, httpVersion: "1.1" });
  return { storage, client: createClient(StorageService, transport), headers: { authorization: `Bearer ${TEST_KEY}` } };
}

describe("the commands of", { timeout: 180_000 }, () => {
  test("docs/operators/privacy.md give a listener's copy, and then forget the listener", async () => {
    const userId = "123456789";
    const { storage, client, headers } = await start();
    await client.saveTrack({ userId, track: track() }, { headers });
    const printed = await runPage("docs/operators/privacy.md", storage);
    expect(printed).toHaveLength(3);
    expect(printed[2]).not.toContain("savedTrack");
    expect((await client.listTracks({ userId }, { headers })).totalCount).toBe(0);
  });

  test("docs/integrators/deliveries.md bring a delivery to its end", async () => {
    const { storage, client, headers } = await start();
    expect(await runPage("docs/integrators/deliveries.md", storage)).toHaveLength(4);
    expect((await client.listTracks({ userId: "42" }, { headers })).tracks).toMatchObject([{ track: { title: "Believer" } }]);
    expect((await client.getStats({}, { headers })).queue).toMatchObject({ pending: 0, claimed: 0, sending: 0 });
  });
});
