import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, startRefrain, type Refrain } from "../src/refrain.js";

const hasPython = existsSync("/usr/bin/grpc_python_plugin");

interface Block {
  command: string;
  prints: string | undefined;
}

/** The shell blocks of a document, each with what a comment before it says that it prints. */
function shellBlocks(markdown: string): Block[] {
  const blocks = markdown.matchAll(/(?:<!-- prints: (.+?) -->\n)?```sh\n([\s\S]+?)```/g);
  return [...blocks].map(([, prints, command = ""]) => ({ prints, command }));
}

/** As a reader would: one shell after another, in the root of the project, with `npm start` running beside. */
describe.skipIf(!hasPython)("the commands of docs/integrators", async () => {
  const blocks = shellBlocks(await readFile(join(ROOT, "docs/integrators/README.md"), "utf8"));
  let refrain: Refrain;
  let folder: string;

  beforeAll(async () => {
    refrain = await (await startRefrain({ LIBRARY_BYTES_PER_SECOND: "400000" })).ready();
    folder = await mkdtemp(join(tmpdir(), "refrain-docs-"));
    for (const name of ["proto", "node_modules", "docs", "package.json"]) await symlink(join(ROOT, name), join(folder, name));
    await symlink(refrain.folder, join(folder, "data"));
  }, 240_000);

  afterAll(async () => {
    await refrain?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("print what they say", async () => {
    expect(blocks.length).toBeGreaterThan(8);
    const [prepare = { command: "" }] = blocks;
    for (const { command, prints } of blocks) {
      const script = onOurPorts(`set -euo pipefail\n${prepare.command}\n${command}`);
      const env = {
        ...process.env,
        MUSIC_TARGET: refrain.address("music", "grpc"),
        MUSIC_HTTP: `http://${refrain.address("music", "http")}`,
      };
      const { stdout } = await promisify(execFile)("bash", ["-c", script], { cwd: folder, env, timeout: 60_000 });
      if (prints) expect(stdout, command).toMatch(new RegExp(prints));
    }
  }, 300_000);

  const onOurPorts = (script: string) =>
    script
      .replaceAll("127.0.0.1:50051", refrain.address("music", "grpc"))
      .replaceAll("127.0.0.1:8051", refrain.address("music", "http"));

  test("the Python client tells errors by their code and reason", async () => {
    await promisify(execFile)("bash", ["-c", pythonStubs(blocks)], { cwd: folder });
    const python = (key: string | undefined, ...args: string[]) =>
      promisify(execFile)("/usr/bin/python3", ["stubs/client.py", ...args], {
        cwd: folder,
        env: { MUSIC_TARGET: refrain.address("music", "grpc"), ...(key === undefined ? {} : { MUSIC_KEY: key }) },
      }).then(
        ({ stdout }) => stdout,
        ({ stderr }: { stderr: string }) => stderr,
      );
    const key = await refrain.key("music");
    expect(await python(undefined, "search", "believer")).toMatch(/^UNAUTHENTICATED API_KEY_MISSING/);
    expect(await python("wrong-key-0123456789", "search", "believer")).toMatch(/^UNAUTHENTICATED API_KEY_INVALID/);
    expect(await python(key, "search", "believer", "51")).toMatch(/^INVALID_ARGUMENT INVALID_ARGUMENT: limit/);
    expect(await python(key, "search", "")).toMatch(/^INVALID_ARGUMENT INVALID_ARGUMENT: query/);
    expect(await python(undefined, "health")).toBe("SERVING\n");
  }, 120_000);
});

function pythonStubs(blocks: readonly Block[]): string {
  const block = blocks.find(({ command }) => command.includes("protoc "));
  if (!block) throw new Error("docs/integrators no longer says how to make the stubs");
  return block.command;
}
