import { readdir, readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { createAddressGuard } from "../src/guard/address-guard.js";
import { createSourceHttp, type SourceHttpOptions } from "../src/http/source-http.js";
import { type ArchiveOptions, createArchiveSource } from "../src/sources/archive/archive.js";
import type { Source } from "../src/sources/source.js";
import { type FakeArchive, type FakeArchiveOptions, type ItemDocument, startFakeArchive } from "../src/testing.js";

const FIXTURES = new URL("fixtures/archive/", import.meta.url);

export interface StartOptions extends FakeArchiveOptions {
  http?: Partial<SourceHttpOptions> | undefined;
  source?: Partial<ArchiveOptions> | undefined;
}

/** A fake archive with the items of `fixtures/archive`, and the source that asks it. */
export async function startArchive({ http, source, ...options }: StartOptions = {}) {
  const archive = await startFakeArchive({ tracks: 3, ...options, items: { ...(await readItems()), ...options.items } });
  onTestFinished(() => archive.close());
  return { archive, source: openArchive(archive, { http, source }) };
}

/** A source of its own, such as another replica has. */
export function openArchive(
  { host, baseUrl }: FakeArchive,
  { http = {}, source = {} }: Pick<StartOptions, "http" | "source"> = {},
): Source {
  const guard = createAddressGuard({ allow: [host] });
  const sourceHttp = createSourceHttp({ guard, name: "the archive", backoffMs: 1, maxRetryAfterMs: 50, ...http });
  onTestFinished(() => sourceHttp.close());
  return createArchiveSource({ http: sourceHttp, baseUrl, ...source });
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
