import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { link, mkdir, rm } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AudioFile } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { StartError } from "@refrain/mesh/env";
import type { MusicAccess } from "./music-access.js";
import type { Command, Format } from "./read-command.js";
import { type Console, EXIT } from "./console.js";
import { showProgress } from "./show-progress.js";
import { plain } from "./terminal.js";

type Fetch = Extract<Command, { kind: "fetch" }>;

const FORMATS: Readonly<Record<Format, AudioFormat>> = {
  auto: AudioFormat.AUTO,
  mp3: AudioFormat.MP3,
  m4a: AudioFormat.M4A,
};
const USER = "refrain-music";
/** Files of one name that are kept beside each other. */
const MAX_COPIES = 1_000;

/** Brings a track, and prints where it lies. */
export async function fetchTo(command: Fetch, access: MusicAccess, console: Console): Promise<number> {
  const { stdout, stderr, signal } = console;
  const url = await findUrl(command.what, access, signal);
  if (url === undefined) {
    stderr.write("nothing found\n");
    return EXIT.nothingFound;
  }
  const file = await follow(url, command.format, access, console);
  const folder = resolve(command.folder);
  await mkdir(folder, { recursive: true });
  const path = await save(file, folder, access, signal);
  const { title, uploader, durationSeconds, mimeType, sha256 } = file;
  const facts = { path, title, uploader, durationSeconds, sizeBytes: Number(file.sizeBytes), mimeType, sha256 };
  stdout.write(command.json ? `${JSON.stringify(facts, null, 2)}\n` : `${path}\n`);
  return EXIT.done;
}

/** The link itself, or that of the track that a query means. */
async function findUrl(what: string, { client }: MusicAccess, signal: AbortSignal): Promise<string | undefined> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(what)) return what;
  const [, query = what, number = "1"] = /^(.*\S)\s*#(\d{1,2})$/.exec(what) ?? [];
  const { tracks } = await client.search({ query, limit: Math.min(50, Math.max(1, Number(number))) }, { signal });
  const track: Track | undefined = tracks[Number(number) - 1];
  return track?.url;
}

/** Waits for a download, and shows how far it is. */
async function follow(url: string, format: Format, { client }: MusicAccess, { stderr, signal }: Console): Promise<AudioFile> {
  const leave = new AbortController();
  const view = showProgress(stderr);
  let taskId = "";
  try {
    const request = { url, userId: USER, format: FORMATS[format] };
    for await (const { progress } of client.download(request, { signal: AbortSignal.any([signal, leave.signal]) })) {
      if (!progress) continue;
      taskId = progress.taskId;
      view.show(progress);
      if (progress.file) return progress.file;
    }
    throw new StartError("music ended the download without a file");
  } catch (error) {
    // Nobody waits for it any more: without this it would go on for a minute. If that fails too, it just does.
    if (signal.aborted && taskId !== "") await client.cancelDownload({ taskId, userId: USER }).catch(() => {});
    throw error;
  } finally {
    view.end();
    leave.abort();
  }
}

/** Writes a file under a name of its own: whole, or not at all. */
async function save(file: AudioFile, folder: string, access: MusicAccess, signal: AbortSignal): Promise<string> {
  const part = join(folder, `.${file.sha256.slice(0, 16)}.${process.pid}.part`);
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(await access.readFile(file.fileUrl, signal), hashing, createWriteStream(part), { signal });
    if (hash.digest("hex") !== file.sha256) throw new StartError("the file arrived damaged");
    return await publish(part, folder, basename(plain(file.fileName)) || `track${extname(file.fileUrl)}`);
  } finally {
    await rm(part, { force: true });
  }
}

/** Linking fails where a name is taken, so that nothing is ever overwritten. */
async function publish(part: string, folder: string, name: string): Promise<string> {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let copy = 1; copy <= MAX_COPIES; copy++) {
    const path = join(folder, copy === 1 ? name : `${stem} (${copy})${extension}`);
    try {
      await link(part, path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
  throw new StartError("there are too many files of that name already");
}
