import { copyFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { Covers } from "../covers/covers.js";
import { TooLargeError } from "../errors.js";
import { MIME_TYPES, parseStoredName, readableName, storedName } from "../files/file-names.js";
import type { FileStore, Reservation } from "../files/file-store.js";
import { hashFile } from "../hash-file.js";
import type { Stored, WorkRequest } from "./work.js";

/** Containers that callers can get. */
export type Playable = "mp3" | "m4a";

/** Audio that is as callers get it. */
export interface FinishedAudio {
  path: string;
  target: Playable;
  track: Track;
  /** Of the file; 0 when it does not tell. */
  durationSeconds: number;
  /** A picture of any format; undefined when the source brought none. */
  coverPath?: string | undefined;
  /** The requests that it answers. */
  answers: readonly WorkRequest[];
}

export interface StoreFetchedOptions {
  store: Pick<FileStore, "save">;
  covers: Covers;
  /** Larger files are refused; 0 = no limit. */
  maxBytes: number;
  /** Private, for what is made on the way. */
  folder: string;
  reservation: Reservation;
}

/** Stores a finished file with its cover. */
export async function storeFetched(audio: FinishedAudio, options: StoreFetchedOptions, signal: AbortSignal): Promise<Stored> {
  const { path, target, track, answers } = audio;
  const { size } = await stat(path);
  if (options.maxBytes > 0 && size > options.maxBytes) throw new TooLargeError(options.maxBytes);
  const sha256 = await hashFile(path, signal);
  const cover = await takeCover(audio, options, signal);
  const name = storedName(sha256, target);
  const file = create(AudioFileSchema, {
    fileName: readableName(track.uploader, track.title, target),
    fileUrl: `/files/${name}`,
    title: track.title,
    uploader: track.uploader,
    durationSeconds: Math.round(audio.durationSeconds) || track.durationSeconds,
    sizeBytes: BigInt(size),
    mimeType: MIME_TYPES[target],
    sha256,
    thumbnailUrl: cover ? `/files/${cover.name}` : "",
  });
  signal.throwIfAborted();
  await options.store.save({ path, entry: { name, file, track }, coverPath: cover?.path }, answers, options.reservation);
  return { file, track };
}

/** The picture that the source brought, or the one that the library shows: stored with the file, it is wherever the file is. */
async function takeCover({ coverPath, track }: FinishedAudio, { covers, folder }: StoreFetchedOptions, signal: AbortSignal) {
  const path = join(folder, "cover.jpg");
  const brought = coverPath === undefined ? undefined : await covers.shrinkFile(coverPath, path, signal);
  if (brought !== undefined) return { name: brought, path };
  // Covers of other places are not ours to serve.
  const shown = track.thumbnailUrl.startsWith("/files/") ? track.thumbnailUrl.slice("/files/".length) : "";
  if (parseStoredName(shown) !== "jpg" || !(await covers.has(shown))) return undefined;
  await copyFile(join(covers.folder, shown), path);
  return { name: shown, path };
}
