import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { HttpRoute, Logger } from "@refrain/mesh";
import type { Covers } from "../covers/covers.js";
import { answerFile, answerNotModified, hasItAlready, refuse } from "./answer-file.js";
import { FileGoneError } from "./file-home.js";
import { parseStoredName } from "./file-names.js";
import type { FileStore } from "./file-store.js";
import { openDiskFile } from "./local-home.js";
import { peerFiles } from "../metrics.js";
import { answerEntry, isPeer, type Peers } from "./peers.js";

const PREFIX = "/files/";
const GONE = "no such file: ask for it with Download";

export interface ServeFilesOptions {
  store: FileStore;
  covers: Pick<Covers, "folder">;
  /** Other replicas, which may have what this one has not. */
  peers?: Peers | undefined;
  logger: Logger;
}

/** Serves stored audio and covers under `/files/`, behind the key, with Range, ETag, HEAD and conditional requests. */
export function serveFiles(options: ServeFilesOptions): HttpRoute {
  return {
    prefix: PREFIX,
    authenticated: true,
    handle(request, response) {
      answer(request, response, options).catch((error: unknown) => fail(response, error, options.logger));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServeFilesOptions): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return refuse(response, 405, "use GET or HEAD");
  }
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
  if (isPeer(request) && (await answerEntry(name, response, options.store))) return;
  if (!parseStoredName(name)) return refuse(response, 404, "no such file");
  const closed = new AbortController();
  response.once("close", () => closed.abort(new Error("the caller is gone")));
  const file = await openAnywhere(name, options, closed.signal);
  if (file) {
    try {
      return await answerFile(request, response, { name, file }, closed.signal);
    } finally {
      file.release();
    }
  }
  // A peer asks for what we have ourselves: no question goes round.
  const peers = isPeer(request) ? undefined : options.peers;
  const elsewhere = await peers?.open(name, request, closed.signal);
  if (peers) peerFiles.inc({ result: elsewhere ? "found" : "missing" });
  if (!elsewhere) return refuse(response, 404, GONE);
  if (hasItAlready(request, name)) {
    elsewhere.leave();
    return answerNotModified(response, name);
  }
  return elsewhere.answer(response);
}

async function openAnywhere(name: string, { store, covers }: ServeFilesOptions, signal: AbortSignal) {
  const stored = await store.open(name, signal);
  if (stored || parseStoredName(name) !== "jpg") return stored;
  const cover = await openDiskFile(join(covers.folder, name));
  return cover && { ...cover, release: () => {} };
}

function fail(response: ServerResponse, error: unknown, logger: Logger) {
  // Whoever hangs up is no news.
  if (response.destroyed) return;
  if (error instanceof FileGoneError && !response.headersSent) return refuse(response, 404, GONE);
  logger.warn({ err: error }, "a file could not be sent");
  if (response.headersSent) return void response.destroy();
  response.setHeader("retry-after", "1");
  refuse(response, 503, "the file cannot be read now");
}
