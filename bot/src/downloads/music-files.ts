import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createFetch, inSpan, traceHeaders, type Tls } from "@refrain/mesh";
import { within } from "../within.js";
import { makeTemporaryFolder } from "./temporary-folder.js";

/** 50 MB at a slow 500 kB/s, with room to spare. */
const FETCH_MS = 180_000;
/** Telegram's limits for the cover of an audio. */
const MAX_COVER_BYTES = 200_000;
const COVER_MS = 5_000;
/** What a fetch is called in a trace. */
const SPAN = "GET /files/*";

/** A file could not be had: music no longer has it, or did not answer. Download makes it anew, or joins where it is. */
export class FileUnavailableError extends Error {
  override name = "FileUnavailableError";
}

/** Music's files, over its HTTP door. */
export interface MusicFiles {
  /**
   * Fetches a file to a temporary path, hands it to `use`, and removes it.
   *
   * @param url `/files/…`, as music names it
   * @throws FileUnavailableError when it cannot be had
   */
  withFile<Result>(url: string, signal: AbortSignal, use: (path: string) => Promise<Result>): Promise<Result>;
  /** A cover, or undefined when there is none that Telegram takes. */
  cover(url: string, signal: AbortSignal): Promise<File | undefined>;
  /** Removes what is left in the temporary folder. */
  close(): Promise<void>;
}

export interface MusicFilesOptions {
  /** Music's HTTP door, without a slash at the end. */
  readonly baseUrl: string;
  readonly key: string;
  /** Certificates; undefined: the system's own authorities. */
  readonly tls?: Tls | undefined;
  /** Folder for temporary files; a folder of this process is made in it. */
  readonly folder: string;
}

export async function createMusicFiles({ baseUrl, key, tls, folder }: MusicFilesOptions): Promise<MusicFiles> {
  const fetch = await createFetch(tls);
  const own = await makeTemporaryFolder(folder);
  let count = 0;

  async function get(url: string, signal: AbortSignal): Promise<Response> {
    // Only paths of music: a full address would be sent the key.
    if (!/^\/files\/[^/\\]+$/.test(url)) throw new FileUnavailableError("not a file of music");
    const headers = { ...traceHeaders(), authorization: `Bearer ${key}` };
    const response = await fetch(`${baseUrl}${url}`, { headers, redirect: "error", signal });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new FileUnavailableError(`music's file door answered ${response.status}`);
  }

  async function save(url: string, path: string, signal: AbortSignal): Promise<void> {
    try {
      await within(FETCH_MS, [signal], async (either) => {
        const { body } = await get(url, either);
        await pipeline(body ? Readable.fromWeb(body) : Readable.from([]), createWriteStream(path), { signal: either });
      });
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof FileUnavailableError) throw cause;
      throw new FileUnavailableError("the file did not come whole", { cause });
    }
  }

  return {
    async withFile(url, signal, use) {
      const path = join(own, String((count += 1)));
      try {
        await inSpan(SPAN, { outgoing: true }, () => save(url, path, signal));
        return await use(path);
      } finally {
        await rm(path, { force: true });
      }
    },
    async cover(url, signal) {
      if (!url.startsWith("/files/")) return undefined;
      try {
        const fetchCover = () => within(COVER_MS, [signal], async (either) => (await get(url, either)).blob());
        const cover = await inSpan(SPAN, { outgoing: true }, fetchCover);
        return cover.size <= MAX_COVER_BYTES ? new File([cover], "cover.jpg", { type: "image/jpeg" }) : undefined;
      } catch {
        // A track without its cover is better than no track; the signal is looked at by whoever comes next.
        return undefined;
      }
    },
    close: () => rm(own, { recursive: true, force: true }),
  };
}
