import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Misbehaviour } from "./misbehave.js";
import type { TrackBytes } from "./mp3-bytes.js";

export interface SendOptions {
  bytes: Pick<TrackBytes, "sizeBytes" | "read">;
  etag: string;
  type: string;
  /** 0 = as fast as it is read. */
  bytesPerSecond: number;
  fault: Misbehaviour | undefined;
  /** Told after every piece. */
  sent: (bytes: number) => void;
}

const PIECE_BYTES = 64 * 1024;
/** Pieces a second when the speed is limited. */
const PIECES_PER_SECOND = 20;

/** Sends a file with its range, at its speed. Resolves when all of it went out, or nobody listens any more. */
export async function sendFile(request: IncomingMessage, response: ServerResponse, options: SendOptions): Promise<void> {
  const { bytes, etag, type } = options;
  const range = wantedRange(request, etag, bytes.sizeBytes);
  const common = { "accept-ranges": "bytes", etag, "content-type": type, "last-modified": "Sun, 01 Nov 2026 00:00:00 GMT" };
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...common, "content-range": `bytes */${bytes.sizeBytes}` }).end();
    return;
  }
  const { from, to } = range ?? { from: 0, to: bytes.sizeBytes };
  const partial = range ? { "content-range": `bytes ${from}-${to - 1}/${bytes.sizeBytes}` } : {};
  response.writeHead(range ? 206 : 200, { ...common, ...partial, "content-length": String(to - from) });
  if (request.method === "HEAD") return void response.end();
  await sendPieces(response, from, to, options);
}

async function sendPieces(response: ServerResponse, from: number, to: number, options: SendOptions): Promise<void> {
  const { bytes, bytesPerSecond, fault, sent } = options;
  const ends = fault?.kind === "cut" || fault?.kind === "pause" ? Math.min(to, from + fault.afterBytes) : to;
  const piece =
    bytesPerSecond > 0 ? Math.max(1, Math.min(PIECE_BYTES, Math.ceil(bytesPerSecond / PIECES_PER_SECOND))) : PIECE_BYTES;
  const started = performance.now();
  for (let at = from; at < ends; at += piece) {
    const chunk = bytes.read(at, Math.min(piece, ends - at));
    const flowing = response.write(chunk);
    if (!flowing) await drained(response);
    if (response.destroyed) return;
    sent(chunk.length);
    const aheadMs = bytesPerSecond > 0 ? ((at + piece - from) / bytesPerSecond) * 1000 - (performance.now() - started) : 0;
    if (aheadMs > 0) await wait(aheadMs);
  }
  if (fault?.kind === "pause") return;
  if (fault?.kind === "cut" && ends < to) return void response.destroy();
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}

/** Undefined: the whole file. */
function wantedRange({ headers }: IncomingMessage, etag: string, size: number) {
  const found = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  const validator = headers["if-range"];
  if (!found || (validator !== undefined && validator !== etag)) return undefined;
  const from = Number(found[1]);
  const to = found[2] ? Math.min(size, Number(found[2]) + 1) : size;
  return from >= size || from >= to ? ("unsatisfiable" as const) : { from, to };
}
