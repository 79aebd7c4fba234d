import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { temporaryFolder, TEST_KEY } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { track } from "./samples.js";
import { startStorage } from "./storage-process.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const USER = "123456789";
const run = promisify(execFile);

/** The shell blocks of the page, each with what a comment before it says that it prints. */
async function shellBlocks(): Promise<{ prints: string | undefined; command: string }[]> {
  const page = await readFile(join(ROOT, "docs/operators/privacy.md"), "utf8");
  const blocks = page.matchAll(/(?:<!-- prints: (.+?) -->\n)?```sh\n([\s\S]+?)```/g);
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

test("the commands of docs/operators/privacy.md give a listener's copy, and then forget the listener", {
  timeout: 180_000,
}, async () => {
  const storage = await startStorage({ DATA_DIR: await temporaryFolder() });
  onTestFinished(async () => void (await storage.kill("SIGTERM")));
  const client = createClient(
    StorageService,
    createConnectTransport({ baseUrl: `http://${storage.httpAddress}`, httpVersion: "1.1" }),
  );
  const headers = { authorization: `Bearer ${TEST_KEY}` };
  await client.saveTrack({ userId: USER, track: track() }, { headers });

  const [prepare, ...blocks] = await shellBlocks();
  const cwd = await projectFolder();
  expect(blocks).toHaveLength(3);
  const printed: string[] = [];
  for (const { command, prints } of blocks) {
    const script = `set -euo pipefail\n${prepare?.command}\n${command}`.replaceAll("127.0.0.1:50052", storage.grpcAddress);
    const { stdout } = await run("bash", ["-c", script], { cwd, timeout: 60_000 });
    expect(stdout, command).toMatch(new RegExp(prints ?? "nothing is promised"));
    printed.push(stdout);
  }
  expect(printed[2]).not.toContain("savedTrack");
  expect((await client.listTracks({ userId: USER }, { headers })).totalCount).toBe(0);
});
