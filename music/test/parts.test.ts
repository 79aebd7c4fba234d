import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { openParts } from "../src/files/parts.js";

const REQUEST = { url: "test://1", format: AudioFormat.AUTO };

async function open(folder: string, maxBytes = 1_000_000) {
  const parts = await openParts({ folder, maxBytes, logger: silentLogger() });
  onTestFinished(() => parts.close());
  return parts;
}

async function setUp(maxBytes?: number) {
  const folder = join(await temporaryFolder(), "parts");
  return { folder, parts: await open(folder, maxBytes) };
}

/** Makes a folder and all in it look as if nobody had touched it for so long. */
async function age(folder: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  for (const item of await readdir(folder, { recursive: true })) await utimes(join(folder, item), then, then);
  await utimes(folder, then, then);
}

test("what a cut fetch left is there for the next attempt, on another replica too", async () => {
  const { folder, parts } = await setUp();
  const first = await parts.scratch(REQUEST);
  await writeFile(join(first.folder, "audio.part"), "half of it");
  await first.leave();
  const second = await (await open(folder)).scratch(REQUEST);
  expect(second.folder).not.toBe(first.folder);
  expect(await readFile(join(second.folder, "audio.part"), "utf8")).toBe("half of it");
  const other = await parts.scratch({ ...REQUEST, format: AudioFormat.MP3 });
  expect(await readdir(other.folder)).toEqual([]);
});

test("an attempt that still lives writes into its own files, not into ours", async () => {
  const { parts } = await setUp();
  const first = await parts.scratch(REQUEST);
  await writeFile(join(first.folder, "audio.part"), "half");
  const second = await parts.scratch(REQUEST);
  await writeFile(join(first.folder, "audio.part"), " written late", { flag: "a" });
  expect(await readFile(join(second.folder, "audio.part"), "utf8")).toBe("half");
  expect(await readFile(join(first.folder, "audio.part"), "utf8")).toBe("half written late");
});

test("the newest of several leftovers is taken", async () => {
  const { parts } = await setUp();
  const attempts = [await parts.scratch(REQUEST), await parts.scratch(REQUEST)];
  for (const [at, { folder }] of attempts.entries()) await writeFile(join(folder, "audio.part"), `attempt ${at}`);
  await age(attempts[0]?.folder ?? "", 5_000);
  await age(attempts[1]?.folder ?? "", 3_000);
  const third = await parts.scratch(REQUEST);
  expect(await readFile(join(third.folder, "audio.part"), "utf8")).toBe("attempt 1");
});

test("a fetch that has ended leaves nothing, of dead attempts neither", async () => {
  const { folder, parts } = await setUp();
  const dead = await parts.scratch(REQUEST);
  await writeFile(join(dead.folder, "audio.part"), "x");
  await age(dead.folder, 2 * 60_000);
  const done = await parts.scratch(REQUEST);
  await writeFile(join(done.folder, "audio"), "x");
  await done.remove();
  expect(await readdir(folder)).toEqual([]);
});

test("an attempt that left nothing leaves no folder", async () => {
  const { folder, parts } = await setUp();
  await (await parts.scratch(REQUEST)).leave();
  expect(await readdir(folder)).toEqual([]);
});

test("a start removes what nobody has gone on with for an hour, and nothing else", async () => {
  const { folder, parts } = await setUp();
  const orphan = await parts.scratch({ ...REQUEST, url: "test://orphan" });
  await writeFile(join(orphan.folder, "audio.part"), "x");
  await age(orphan.folder, 61 * 60_000);
  const recent = await parts.scratch(REQUEST);
  await writeFile(join(recent.folder, "audio.part"), "recent");
  await age(recent.folder, 59 * 60_000);
  await mkdir(join(folder, "somebody else's"));
  const again = await open(folder);
  await again.sweep();
  expect(await readdir(folder)).toHaveLength(2);
  expect(await readdir(folder)).toContain("somebody else's");
  const next = await again.scratch(REQUEST);
  expect(await readFile(join(next.folder, "audio.part"), "utf8")).toBe("recent");
});

test("leftovers are bounded: the oldest go first, and what is being fetched stays", async () => {
  const { folder, parts } = await setUp(250);
  for (const [at, id] of ["old", "middle", "new"].entries()) {
    const scratch = await parts.scratch({ ...REQUEST, url: `test://${id}` });
    await writeFile(join(scratch.folder, "audio.part"), Buffer.alloc(100));
    await age(scratch.folder, (10 - at) * 60_000);
  }
  const running = await parts.scratch({ ...REQUEST, url: "test://running" });
  await writeFile(join(running.folder, "audio.part"), Buffer.alloc(10_000));
  await parts.sweep();
  expect(await readdir(folder)).toHaveLength(3);
  const old = await parts.scratch({ ...REQUEST, url: "test://old" });
  expect(await readdir(old.folder)).toEqual([]);
  expect(await readdir(running.folder)).toEqual(["audio.part"]);
});

test("links and folders among leftovers are not followed", async () => {
  const { parts } = await setUp();
  const first = await parts.scratch(REQUEST);
  await symlink("/etc/passwd", join(first.folder, "audio.part"));
  await mkdir(join(first.folder, "folder"));
  await writeFile(join(first.folder, "real"), "x");
  await first.leave();
  const second = await parts.scratch(REQUEST);
  expect(await readdir(second.folder)).toEqual(["real"]);
});
