import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "@refrain/mesh";
import { silentLogger, temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../clock.js";
import { openBlockedLinks } from "./blocked-links.js";

/** Knows one site, and two spellings of its links. */
function canonicalUrl(url: string): string | undefined {
  const id = /^https?:\/\/(?:www\.)?(?:site\.example\/watch\?v=|s\.example\/)(\w+)/.exec(url)?.[1];
  return id === undefined ? undefined : `https://site.example/watch?v=${id}`;
}

async function openList(text: string) {
  const file = join(await temporaryFolder(), "blocked.txt");
  await writeFile(file, text);
  const options = { file, canonicalUrl, clock: systemClock, logger: silentLogger(), everyMs: 10 };
  const blocked = await openBlockedLinks(options);
  onTestFinished(() => blocked.close());
  return { file, blocked };
}

test("a link is blocked in its one form, whatever spelling the list has", async () => {
  const { blocked } = await openList(
    "# wishes of the label\n\nhttp://s.example/abc # since May\r\nwww.site.example/watch?v=def&x=1\n",
  );
  expect(blocked.has("https://site.example/watch?v=abc")).toBe(true);
  expect(blocked.has("https://site.example/watch?v=def")).toBe(true);
  expect(blocked.has("https://site.example/watch?v=ghi")).toBe(false);
});

test("a host is blocked with all below it, and no other", async () => {
  const { blocked } = await openList("bad.example\nWWW.Worse.Example\n");
  for (const url of [
    "https://bad.example/a",
    "http://cdn.BAD.example/b?c",
    "https://worse.example/",
    "https://www.worse.example/x",
  ]) {
    expect(blocked.has(url)).toBe(true);
  }
  for (const url of ["https://notbad.example/a", "https://bad.example.org/", "library://abc", "no link"]) {
    expect(blocked.has(url)).toBe(false);
  }
});

test("links of the library and links that nobody handles can be blocked", async () => {
  const { blocked } = await openList(`library://${"a".repeat(64)}\nhttp://www.else.example/x/?q=1#part\n`);
  expect(blocked.has(`library://${"a".repeat(64)}`)).toBe(true);
  expect(blocked.has("https://else.example/x?q=1")).toBe(true);
  expect(blocked.has("https://else.example/x?q=2")).toBe(false);
});

test("the list is read again when it changes; what was read holds on while it cannot be read", async () => {
  const { file, blocked } = await openList("one.example\n");
  await writeFile(`${file}.new`, "two.example\n");
  await rename(`${file}.new`, file);
  await until(() => blocked.has("https://two.example/"));
  expect(blocked.has("https://one.example/")).toBe(false);
  await rm(file);
  await new Promise((resolve) => setTimeout(resolve, 50)); // a few looks
  expect(blocked.has("https://two.example/")).toBe(true);
  await writeFile(file, "three.example\n");
  await until(() => blocked.has("https://three.example/"));
});

test("a list that is not there stops the start, and says which setting it is", async () => {
  const file = join(await temporaryFolder(), "missing.txt");
  const opened = openBlockedLinks({ file, canonicalUrl, clock: systemClock, logger: silentLogger() });
  await expect(opened).rejects.toBeInstanceOf(StartError);
  await expect(opened).rejects.toThrow("BLOCKED_URLS_FILE");
});
