import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { storedName } from "../src/files/file-names.js";
import type { FileStore, Reservation } from "../src/files/file-store.js";
import { createTrack } from "../src/track.js";

export const requestFor = (id: string) => ({ url: `library://${id}`, format: AudioFormat.AUTO });

export interface PutOptions {
  /** Where files lie before they are stored. */
  folder: string;
  cover?: Buffer;
  reservation?: Reservation;
  /** Done when all is written, and nothing stored yet. */
  beforeSave?: () => Promise<void>;
}

/** Stores a content as the answer to a request of that id; returns the file's name. */
export async function put(store: FileStore, id: string, content: Buffer, options: PutOptions): Promise<string> {
  const { folder, cover, reservation, beforeSave } = options;
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
  await beforeSave?.();
  await store.save({ path, entry: { name, file, track }, coverPath }, [requestFor(id)], reservation);
  return name;
}

export function coverName(cover: Buffer): string {
  return storedName(sha256(cover), "jpg");
}

/** Some content that is like no other. */
export function contentOf(id: number): Buffer {
  const content = Buffer.alloc(200_000 + id, id % 256);
  content.writeUInt32BE(id);
  return content;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
