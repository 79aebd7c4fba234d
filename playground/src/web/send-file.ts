import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/** Streams a file, or the one range of it that was asked for; 404 when it is gone, 416 for a range outside. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  contentType: string,
  cacheControl = "no-store",
): Promise<void> {
  const stats = await stat(path).catch(() => undefined); // gone: answered below
  if (stats === undefined) return void response.writeHead(404).end();
  const range = parseRange(request.headers.range, stats.size);
  response.setHeader("content-type", contentType);
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("cache-control", cacheControl);
  if (range === "outside") return void response.writeHead(416, { "content-range": `bytes */${stats.size}` }).end();
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  response.setHeader("content-length", end - start + 1);
  if (range !== undefined) response.setHeader("content-range", `bytes ${start}-${end}/${stats.size}`);
  response.writeHead(range === undefined ? 200 : 206);
  if (request.method === "HEAD" || stats.size === 0) return void response.end();
  await pipeline(createReadStream(path, { start, end }), response).catch(() => undefined); // the reader left: seeking does that
}

/** One range of bytes; undefined: none or one we may ignore, so the whole file. */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | "outside" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [, from = "", to = ""] = match;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < start) return undefined;
  return start > end || start >= size ? "outside" : { start, end };
}
