import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import parseRange from "range-parser";
import type { ByteRange, OpenedFile } from "./file-home.js";
import { MIME_TYPES, parseStoredName } from "./file-names.js";

/** A name is made from the content: what was read once stays true. */
const CACHE_CONTROL = "private, max-age=86400, immutable";

/** Answers a GET or HEAD of a file: whole, a range of it, or that the caller has it already. The signal fires when the caller is gone. */
export async function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  { name, file }: { name: string; file: OpenedFile },
  signal: AbortSignal,
): Promise<void> {
  if (hasItAlready(request, name)) return answerNotModified(response, name);
  const { sizeBytes } = file;
  const range = rangeOf(request, name, sizeBytes);
  if (range === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${sizeBytes}`);
    return refuse(response, 416, "no such range");
  }
  const length = range ? range.end - range.start + 1 : sizeBytes;
  // Opened first: an error must not be cached, and has a status of its own.
  const body = request.method === "HEAD" || length === 0 ? undefined : await file.read(range, signal);
  writeFileHeaders(response, name);
  if (range) response.setHeader("content-range", `bytes ${range.start}-${range.end}/${sizeBytes}`);
  response.writeHead(range ? 206 : 200, { "content-length": length });
  if (!body) return void response.end();
  await pipeline(body, response);
}

/** What every answer with this file says. */
export function writeFileHeaders(response: ServerResponse, name: string): void {
  const extension = parseStoredName(name);
  response.setHeader("etag", etagOf(name));
  response.setHeader("cache-control", CACHE_CONTROL);
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("x-content-type-options", "nosniff");
  if (extension) response.setHeader("content-type", MIME_TYPES[extension]);
}

/** True when the caller's copy is this file, and they take it from there. */
export function hasItAlready({ headers }: IncomingMessage, name: string): boolean {
  const known = headers["if-none-match"];
  if (known === undefined || /\bno-cache\b/.test(headers["cache-control"] ?? "")) return false;
  return known.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etagOf(name));
}

export function answerNotModified(response: ServerResponse, name: string): void {
  writeFileHeaders(response, name);
  response.removeHeader("content-type");
  response.writeHead(304).end();
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  const codes: Record<number, string> = { 404: "not_found", 503: "unavailable" };
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(
    response.req.method === "HEAD" ? undefined : JSON.stringify({ code: codes[status] ?? "failed_precondition", message }),
  );
}

function etagOf(name: string): string {
  return `"${name}"`;
}

/** Undefined: the whole file. Several ranges at once, and what is no range, count as none. */
function rangeOf({ headers }: IncomingMessage, name: string, sizeBytes: number): ByteRange | undefined | "unsatisfiable" {
  const { range, "if-range": ifRange } = headers;
  if (range === undefined || (ifRange !== undefined && ifRange !== etagOf(name))) return undefined;
  const parsed = parseRange(sizeBytes, range, { combine: true });
  if (parsed === -1) return "unsatisfiable";
  if (parsed === -2 || parsed.type !== "bytes" || parsed.length !== 1) return undefined;
  return parsed[0];
}
