import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { create } from "@bufbuild/protobuf";
import { AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { silentLogger } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";
import { createCovers } from "../src/covers/covers.js";
import { storedName } from "../src/files/file-names.js";
import { type FileStore, openFileStore, type Reservation } from "../src/files/file-store.js";
import { openLocalHome } from "../src/files/local-home.js";
import { openParts } from "../src/files/parts.js";
import { createTrack } from "../src/track.js";

const TOOL_PATH = "/usr/local/bin:/usr/bin:/bin";

export const requestFor = (id: string) => ({ url: `library://${id}`, format: AudioFormat.AUTO });

export interface PutOptions {
  /** Where files lie before they are stored. */
  folder: string;
  cover?: Buffer;
  reservation?: Reservation;
}

/** Stores a content as the answer to a request of that id; returns the file's name. */
export async function put(store: FileStore, id: string, content: Buffer, options: PutOptions): Promise<string> {
  const { folder, cover, reservation } = options;
  const own = join(folder, randomUUID());
  await mkdir(own, { recursive: true });
  const path = join(own, "audio");
  await writeFile(path, content);
  const name = storedName(sha256(content), "mp3");
  const coverPath = cover && join(own, "cover.jpg");
  if (cover && coverPath) await writeFile(coverPath, cover);
  const track = createTrack({ id, url: `library://${id}`, source: "library", title: id, uploader: "", durationSeconds: 1 });
  const file = create(AudioFileSchema, {
    fileUrl: `/files/${name}`,
    sizeBytes: BigInt(content.length),
    thumbnailUrl: cover ? `/files/${coverName(cover)}` : "",
  });
  await store.save({ path, entry: { name, file, track }, coverPath }, [requestFor(id)], reservation);
  return name;
}

export function coverName(cover: Buffer): string {
  return storedName(sha256(cover), "jpg");
}

/** A store in a folder with all that belongs to it, until the test has finished. */
export async function openTestFiles(root: string, maxBytes = 100_000_000) {
  const [folder, partsFolder] = [join(root, "files"), join(root, "parts")];
  const home = await openLocalHome({ folder, now: Date.now });
  const store = openFileStore({ home, maxBytes, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
  const parts = await openParts({ folder: partsFolder, maxBytes, logger: silentLogger() });
  const covers = await createCovers(join(root, "covers"), TOOL_PATH);
  onTestFinished(async () => {
    await parts.close();
    await store.close();
  });
  return { store, parts, covers, folder, partsFolder };
}

/** The bytes of a stored file, or of a part of it; undefined when there is none. */
export async function readStored(store: FileStore, name: string, range?: { start: number; end: number }) {
  const signal = new AbortController().signal;
  const held = await store.open(name, signal);
  if (!held) return undefined;
  try {
    return await buffer(await held.read(range, signal));
  } finally {
    held.release();
  }
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
