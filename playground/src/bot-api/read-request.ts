import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";
import { ApiError, badRequest } from "../model/api-error.js";

/** One uploaded part, on disk. */
export interface Upload {
  path: string;
  fileName: string;
  sizeBytes: number;
}

/** A call's parameters, from wherever they came. Telegram reads every value as text: JSON objects stay JSON. */
export interface ApiRequest {
  params: ReadonlyMap<string, string>;
  /** By part name. */
  uploads: ReadonlyMap<string, Upload>;
  /** Removes the uploads nobody took. */
  discard(): Promise<void>;
}

/** Uploads stop here, as on Telegram's own server. */
const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
const MAX_TEXT_BYTES = 1024 * 1024;
/** What is read and thrown away of a body that is too large, so that the client can read the answer. */
const MAX_DRAINED_BYTES = 256 * 1024 * 1024;
const MAX_PARTS = 100;

/** Merges query, JSON, urlencoded and multipart parameters; where a name comes twice, the query wins. */
export async function readRequest(request: IncomingMessage, url: URL, draftPath: () => string): Promise<ApiRequest> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "multipart/form-data") return readMultipart(request, url, draftPath);
  const params = new Map(url.searchParams);
  const discard = () => Promise.resolve();
  if (request.method === "GET") return { params, uploads: new Map(), discard };
  const body = await readText(request);
  const fields = type === "application/json" ? readJson(body) : new URLSearchParams(body);
  for (const [name, value] of fields) if (!params.has(name)) params.set(name, value);
  return { params, uploads: new Map(), discard };
}

/** Reads a body of up to `maxBytes` (default 1 MiB); 413 for more. */
export async function readText(request: IncomingMessage, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_DRAINED_BYTES) break;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) throw new ApiError(413, "Request Entity Too Large");
  return Buffer.concat(chunks).toString("utf8");
}

function* readJson(body: string): Generator<[string, string]> {
  if (body.trim() === "") return;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw badRequest("can't parse request body as JSON object"); // the parser's own words would quote the body
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw badRequest("can't parse request body as JSON object");
  }
  for (const [name, value] of Object.entries(json)) {
    yield [name, typeof value === "string" ? value : JSON.stringify(value)];
  }
}

async function readMultipart(request: IncomingMessage, url: URL, draftPath: () => string): Promise<ApiRequest> {
  const params = new Map(url.searchParams);
  const uploads = new Map<string, Upload>();
  const discard = async (): Promise<void> => {
    await Promise.all([...uploads.values()].map(({ path }) => rm(path, { force: true })));
  };
  const writes: Promise<unknown>[] = [];
  let isTooLarge = false;
  const parser = openParser(request);
  parser.on("field", (name, value, { valueTruncated }) => {
    isTooLarge ||= valueTruncated;
    if (!params.has(name)) params.set(name, value);
  });
  parser.on("file", (name, stream, { filename }) => {
    // A part named twice would leave its first file behind: it keeps its place and the second is thrown away.
    if (uploads.has(name)) return void stream.resume();
    const upload: Upload = { path: draftPath(), fileName: filename ?? "", sizeBytes: 0 };
    uploads.set(name, upload);
    stream.on("data", (chunk: Buffer) => (upload.sizeBytes += chunk.length));
    stream.on("limit", () => (isTooLarge = true));
    writes.push(pipeline(stream, createWriteStream(upload.path)));
  });
  for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) parser.on(limit, () => (isTooLarge = true));
  try {
    await pipeline(request, parser);
    await Promise.all(writes);
  } catch (cause) {
    await Promise.allSettled(writes);
    await discard();
    throw cause instanceof ApiError ? cause : badRequest("can't parse multipart body");
  }
  if (isTooLarge) {
    await discard();
    throw new ApiError(413, "Request Entity Too Large");
  }
  return { params, uploads, discard };
}

function openParser(request: IncomingMessage): busboy.Busboy {
  const limits = {
    fileSize: MAX_UPLOAD_BYTES + 1, // the parser calls it too large when the limit is reached
    fieldSize: MAX_TEXT_BYTES,
    files: 10,
    fields: MAX_PARTS,
    parts: MAX_PARTS,
  };
  try {
    // Browsers and fetch send file names as UTF-8 without saying so.
    return busboy({ headers: request.headers, limits, defParamCharset: "utf8" });
  } catch {
    throw badRequest("can't parse multipart body"); // no boundary
  }
}
