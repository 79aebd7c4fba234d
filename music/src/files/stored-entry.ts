import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type AudioFile, AudioFileSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { type Track, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { parseStoredName } from "./file-names.js";

/** The result of one request, as it is kept beside the file. */
export interface StoredEntry {
  /** Name of the audio file, made by `storedName`. */
  name: string;
  file: AudioFile;
  track: Track;
}

/** An entry as text, for `parseEntry`. */
export function formatEntry({ name, file, track }: StoredEntry): string {
  return JSON.stringify({ name, file: toJson(AudioFileSchema, file), track: toJson(TrackSchema, track) });
}

/** Undefined when the text says something else: written by another version, or broken. */
export function parseEntry(text: string): StoredEntry | undefined {
  try {
    const json: Record<string, JsonValue> = JSON.parse(text);
    const { name, file, track } = json;
    if (typeof name !== "string" || file === undefined || track === undefined) return undefined;
    const kind = parseStoredName(name);
    if (kind === undefined || kind === "jpg") return undefined;
    return { name, file: fromJson(AudioFileSchema, file), track: fromJson(TrackSchema, track) };
  } catch (error) {
    // Not JSON, or not these messages: the file is fetched again when it is asked for.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Name of the cover that an entry shows, when it is a file of ours. */
export function coverOf({ file }: StoredEntry): string | undefined {
  const name = file.thumbnailUrl.split("/").at(-1) ?? "";
  return parseStoredName(name) === "jpg" ? name : undefined;
}
