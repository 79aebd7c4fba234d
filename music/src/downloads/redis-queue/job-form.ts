import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { AudioFileSchema, type Progress, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { type Failure, FetchFailedError, SourceUnavailableError } from "../../errors.js";
import { toFailure } from "../failure.js";
import type { FetchRequest } from "../fetch-queue.js";
import type { Stored } from "../work.js";

/** What a job carries. Its form is a contract with workers of other languages: docs/integrators/fetch-jobs.md. */
export interface JobData {
  url: string;
  format: "AUTO" | "MP3" | "M4A";
  /** SHA-256 of format and url: what the job is deduplicated by. */
  key: string;
  /** Rises from job to job. */
  order: number;
  /** Place in the trace of the call that asked for it, as the headers of W3C Trace Context. */
  trace: Record<string, string>;
}

/** What a job returns: the messages `AudioFile` and `Track` as JSON. */
export type JobResult = Record<"file" | "track", JsonValue>;

/** Jobs of one source. */
export const queueName = (source: string) => `fetch-${source}`;
export const JOB_NAME = "fetch";
/** Before the names of all keys of queues. */
export const QUEUE_PREFIX = "refrain";

const FORMATS = { AUTO: AudioFormat.AUTO, MP3: AudioFormat.MP3, M4A: AudioFormat.M4A } as const;

export function toJobData({ url, format, key }: FetchRequest, order: number, trace: Record<string, string>): JobData {
  const name = format === AudioFormat.MP3 ? "MP3" : format === AudioFormat.M4A ? "M4A" : "AUTO";
  return { url, format: name, key, order, trace };
}

export function toRequest(source: string, { url, format, key }: JobData): FetchRequest {
  return { source, url, key, format: FORMATS[format] };
}

export const toResult = ({ file, track }: Stored): JobResult => ({
  file: toJson(AudioFileSchema, file),
  track: toJson(TrackSchema, track),
});

/** @throws SourceUnavailableError for what is not the result of a fetch */
export function readResult(value: unknown): Stored {
  try {
    const { file, track } = value as Partial<JobResult>;
    return { file: fromJson(AudioFileSchema, file ?? null), track: fromJson(TrackSchema, track ?? null) };
  } catch (cause) {
    throw new SourceUnavailableError("a worker gave a result that cannot be read", { cause });
  }
}

/** JSON, as long as it is an object; BullMQ takes no other JSON value. */
export function writeProgress(progress: Progress): object {
  const json = toJson(ProgressSchema, progress);
  return typeof json === "object" && json !== null ? json : {};
}

/** Undefined for what is no progress: one that is not there yet, or another worker's slip. */
export function readProgress(value: unknown): Progress | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return fromJson(ProgressSchema, value as JsonValue, { ignoreUnknownFields: true });
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

export const writeFailure = (error: unknown): string => JSON.stringify(toFailure(error));

/** What a failed job says. A text of BullMQ's own, such as of a job that was begun too often, is a fetch that did not work out. */
export function readFailure(text: string): Error {
  try {
    const failure: Partial<Failure> | null = JSON.parse(text);
    const { code, reason, message, metadata = {}, retryAfterMs } = failure ?? {};
    if (typeof code === "number" && typeof reason === "string" && typeof message === "string")
      return new FetchFailedError({ code, reason, message, metadata, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new SourceUnavailableError("the fetch was interrupted too often");
}
