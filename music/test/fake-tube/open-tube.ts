import { rm } from "node:fs/promises";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { createAddressGuard } from "../../src/guard/address-guard.js";
import { startGuardProxy } from "../../src/guard/guard-proxy.js";
import type { FetchTarget, Source } from "../../src/sources/source.js";
import { createYtdlpSources, type YtdlpOptions } from "../../src/sources/ytdlp/create-ytdlp-sources.js";
import { type FakeTube, startFakeTube } from "./fake-tube.js";

/** A fake tube with the sources that reach it through a real guarding proxy. */
export interface OpenTube {
  tube: FakeTube;
  source(name: string): Source;
  /** The same tube, other options. */
  sources(options: Partial<YtdlpOptions>): Promise<Source[]>;
  /** A folder to fetch into. */
  target(more?: Partial<FetchTarget>): Promise<RecordedTarget>;
  close(): Promise<void>;
}

export interface RecordedTarget extends FetchTarget {
  /** Every report: downloaded and total bytes. */
  readonly reports: readonly (readonly [number, number])[];
}

export const TOOL_PATH = process.env.PATH ?? "/usr/bin:/bin";

/** The build is always asked by its path, with nothing but the tube allowed. */
export async function openTube(path: string): Promise<OpenTube> {
  const tube = await startFakeTube();
  const guard = createAddressGuard({ allow: [tube.host] });
  const logger = silentLogger();
  const proxy = await startGuardProxy({ guard, logger });
  const http = { bytes: () => Promise.reject(new Error("no pictures here")) };
  const options = { path, toolPath: TOOL_PATH, proxy, http, logger, env: tube.env };
  const extractors = ["fakecamp=*.fakecamp.example"];
  const all = await createYtdlpSources({ ...options, extractors });
  const folders: string[] = [];
  return {
    tube,
    source(name) {
      const found = all.find((source) => source.name === name);
      if (!found) throw new Error(`no source ${name}`);
      return found;
    },
    sources: (more) => createYtdlpSources({ ...options, ...more }),
    async target(more = {}) {
      const folder = await temporaryFolder();
      folders.push(folder);
      const reports: [number, number][] = [];
      const progress = (downloadedBytes: number, totalBytes: number) => void reports.push([downloadedBytes, totalBytes]);
      return { folder, maxBytes: 0, progress, reports, ...more };
    },
    async close() {
      await proxy.close();
      await tube.close();
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

/** What YouTube's extractor returns for a track with one format. */
export function video(id: string, url: string, more: Record<string, unknown> = {}) {
  const format = { format_id: "140", url, ext: "mp3", vcodec: "none", acodec: "mp3", protocol: "http" };
  const { format: changed = {}, ...rest } = more as { format?: object };
  return {
    id,
    title: "Artist - Song (Official Video)",
    channel: "ArtistVEVO",
    duration: 61,
    formats: [{ ...format, ...changed }],
    ...rest,
  };
}

export const watchUrl = (id: string) => `https://www.youtube.com/watch?v=${id}`;
