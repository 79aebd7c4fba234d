import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { NoSpaceError, QueueUnavailableError } from "../errors.js";

/** `s3://bucket/prefix`. */
export interface Bucket {
  bucket: string;
  /** Ends with a slash, or is empty. */
  prefix: string;
  /** Of another server than Amazon's. */
  endpoint: string | undefined;
  /** Default: what the SDK finds in its files. */
  region: string | undefined;
  /** Default: what the SDK finds in the environment, in its files, or from the machine it runs on. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Time for anything but the bytes of a file, with all that is tried again, in milliseconds. Default: 8,000. */
  answerMs?: number;
}

const CONNECT_MS = 2_000;
/** Without a byte. */
const SILENT_MS = 10_000;
const ATTEMPTS = 3;
const CONNECTIONS = 64;

/** Commands, and the client to send them with. The SDK is loaded only here: it takes half a second. */
export async function openBucket({ endpoint, region, credentials }: Bucket) {
  const commands = await import("@aws-sdk/client-s3");
  const config: S3ClientConfig = {
    maxAttempts: ATTEMPTS,
    // Other servers know buckets by path, any region, and none of the checksums that Amazon has added.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, region: "us-east-1" }),
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS, httpAgent: { maxSockets: CONNECTIONS } },
  };
  const client: S3Client = new commands.S3Client(config);
  return { commands, client };
}

/** An error of the SDK as a home of files says it. */
export function asHomeError(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof NoSpaceError || error instanceof QueueUnavailableError) return error;
  const { name, status } = describe(error);
  if (status === 507 || /quota|insufficient ?storage/i.test(name))
    return new NoSpaceError("the bucket is full", { cause: error });
  return new QueueUnavailableError("the stored files cannot be reached now", { cause: error });
}

/** True when there is no such object: a bucket that is not there is another matter. */
export function isMissing(error: unknown): boolean {
  return isNotFound(error) && describe(error).name !== "NoSuchBucket";
}

/** True for either: a server may say that the bucket is missing when an object went in the midst of being copied. */
export function isNotFound(error: unknown): boolean {
  const { name, status } = describe(error);
  return name === "NoSuchKey" || status === 404;
}

function describe(error: unknown): { name: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: "", status: undefined };
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  const status = metadata && typeof metadata === "object" && "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined;
  return { name: error.name, status: typeof status === "number" ? status : undefined };
}
