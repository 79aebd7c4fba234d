import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** What can go wrong with one request. */
export type Misbehaviour =
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: string }
  /** 200 and a page for people, such as one to sign in. */
  | { kind: "html" }
  | { kind: "empty" }
  /** JSON that ends in the middle, with a length that fits. */
  | { kind: "truncated" }
  /** Says that more comes than does, and hangs up. */
  | { kind: "wrong-length" }
  /** Never ends; 64 KiB at a time, as fast as it is read. */
  | { kind: "endless"; type?: string }
  /** One MB that unpacks to 1 GB. */
  | { kind: "gzip-bomb" }
  | { kind: "redirect"; to: string }
  | { kind: "redirect-loop" }
  /** Takes the request and never answers. */
  | { kind: "stall" }
  /** Hangs up without an answer. */
  | { kind: "reset" }
  /** Audio only: sends so many bytes of the file, then hangs up. */
  | { kind: "cut"; afterBytes: number }
  /** Audio only: sends so many bytes of the file, then nothing more. */
  | { kind: "pause"; afterBytes: number }
  /** Audio only: these bytes instead of the track's, under the type that is right for the name. */
  | { kind: "bytes"; bytes: Uint8Array }
  /** Answers in the right way, but so late. */
  | { kind: "slow"; delayMs: number };

const BOMB_BYTES = 1024 ** 3;
const MEMBER_BYTES = 1024 ** 2;
const PIECE = Buffer.alloc(64 * 1024, 0x20);
const PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form><input name=username></form></body></html>";

/** Answers wrongly. False: this kind is not for this place, and the request wants its right answer. */
export function misbehave(how: Misbehaviour, request: IncomingMessage, response: ServerResponse): boolean {
  switch (how.kind) {
    case "status":
      response.writeHead(how.status, { "content-type": "text/html; charset=UTF-8", ...how.headers }).end(how.body ?? PAGE);
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html; charset=UTF-8" }).end(PAGE);
      return true;
    case "empty":
      response.writeHead(200, { "content-type": "application/json", "content-length": "0" }).end();
      return true;
    case "truncated":
      response.writeHead(200, { "content-type": "application/json" }).end('{"created":1494813607,"files":[{"name":"01.mp3","so');
      return true;
    case "wrong-length":
      response.writeHead(200, { "content-type": "application/json", "content-length": "5000" });
      response.write('{"response":{"docs":[]}}', () => response.destroy());
      return true;
    case "endless":
      response.writeHead(200, { "content-type": how.type ?? "application/json" });
      sendWithoutEnd(response);
      return true;
    case "gzip-bomb":
      sendBomb(response);
      return true;
    case "redirect":
      response.writeHead(302, { location: how.to }).end();
      return true;
    case "redirect-loop":
      response.writeHead(302, { location: request.url ?? "/" }).end();
      return true;
    case "stall":
      return true;
    case "reset":
      response.destroy();
      return true;
    case "bytes":
    case "cut":
    case "pause":
    case "slow":
      return false;
  }
}

function sendWithoutEnd(response: ServerResponse): void {
  const send = () => {
    while (!response.destroyed && response.write(PIECE));
  };
  response.on("drain", send);
  send();
}

/** One member after another: gzip files may be put together. */
function sendBomb(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
  const member = gzipSync(Buffer.alloc(MEMBER_BYTES, 0x20));
  let left = BOMB_BYTES / MEMBER_BYTES;
  const send = () => {
    while (left > 0 && !response.destroyed) {
      left--;
      if (!response.write(member)) return;
    }
    response.end();
  };
  response.on("drain", send);
  send();
}
