import { readFile, rename, writeFile } from "node:fs/promises";
import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type AudioFile, AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { type Track, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";

/** The result of one request, as it is kept on disk beside the file. */
export interface StoredEntry {
  /** Name of the file, made by `storedName`. */
  name: string;
  file: AudioFile;
  track: Track;
}

export async function writeEntry(path: string, entry: StoredEntry): Promise<void> {
  const text = JSON.stringify({
    name: entry.name,
    file: toJson(AudioFileSchema, entry.file),
    track: toJson(TrackSchema, entry.track),
  });
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

/** Undefined when the file says something else: written by another version, or broken. */
export async function readEntry(path: string): Promise<StoredEntry | undefined> {
  const text = await readFile(path, "utf8");
  try {
    const json: Record<string, JsonValue> = JSON.parse(text);
    const { name, file, track } = json;
    if (typeof name !== "string" || file === undefined || track === undefined) return undefined;
    return { name, file: fromJson(AudioFileSchema, file), track: fromJson(TrackSchema, track) };
  } catch (error) {
    // Not JSON, or not these messages: the file is fetched again when it is asked for.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
