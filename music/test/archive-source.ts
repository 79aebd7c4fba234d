import { readdir, readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { createAddressGuard } from "../src/guard/address-guard.js";
import { createSourceHttp, type SourceHttpOptions } from "../src/http/source-http.js";
import { type ArchiveOptions, createArchiveSource } from "../src/sources/archive/archive.js";
import { type FakeArchiveOptions, type ItemDocument, startFakeArchive } from "../src/testing.js";

const FIXTURES = new URL("fixtures/archive/", import.meta.url);

export interface StartOptions extends FakeArchiveOptions {
  http?: Partial<SourceHttpOptions>;
  source?: Partial<ArchiveOptions>;
}

/** A fake archive with the items of `fixtures/archive`, and the source that asks it. */
export async function startArchive({ http = {}, source = {}, ...options }: StartOptions = {}) {
  const archive = await startFakeArchive({ tracks: 3, ...options, items: { ...(await readItems()), ...options.items } });
  const sourceHttp = createSourceHttp({
    guard: createAddressGuard({ allow: [archive.host] }),
    name: "the archive",
    backoffMs: 1,
    maxRetryAfterMs: 50,
    ...http,
  });
  onTestFinished(async () => {
    await sourceHttp.close();
    await archive.close();
  });
  return { archive, source: createArchiveSource({ http: sourceHttp, baseUrl: archive.baseUrl, ...source }) };
}

async function readItems(): Promise<Record<string, ItemDocument>> {
  const names = await readdir(FIXTURES);
  const items = await Promise.all(
    names.map(async (name) => [name.replace(".json", ""), JSON.parse(await readFile(new URL(name, FIXTURES), "utf8"))]),
  );
  return Object.fromEntries(items);
}

/** The JSON of one fixture. */
export async function readFixture(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), "utf8"));
}
