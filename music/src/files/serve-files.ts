import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpRoute } from "@refrain/mesh";
import send from "send";
import type { Covers } from "../covers/covers.js";
import { MIME_TYPES, parseStoredName } from "./file-names.js";
import type { FileStore } from "./file-store.js";

const PREFIX = "/files/";
/** A name is made from the content: what was read once stays true. */
const CACHE_CONTROL = "private, max-age=86400, immutable";

/** Serves stored audio and covers under `/files/`, behind the key, with Range, ETag, HEAD and conditional requests. */
export function serveFiles(store: FileStore, covers: Covers): HttpRoute {
  return {
    prefix: PREFIX,
    authenticated: true,
    handle(request, response) {
      if (request.method !== "GET" && request.method !== "HEAD") {
        response.setHeader("allow", "GET, HEAD");
        return refuse(response, 405, "use GET or HEAD");
      }
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
      const extension = parseStoredName(name);
      if (!extension) return refuse(response, 404, "no such file");
      if (extension === "jpg") return sendFile(request, response, covers.folder, name);
      const held = store.hold(name);
      if (!held) return refuse(response, 404, "no such file: ask for it with Download");
      response.once("close", () => held.release());
      return sendFile(request, response, store.folder, name);
    },
  };
}

function sendFile(request: IncomingMessage, response: ServerResponse, root: string, name: string) {
  const extension = parseStoredName(name);
  send(request, name, { root, index: false, dotfiles: "deny", etag: false, lastModified: false, cacheControl: false })
    .on("headers", () => {
      // Only with a file in hand: an error must not be cached.
      response.setHeader("etag", `"${name}"`);
      response.setHeader("cache-control", CACHE_CONTROL);
      response.setHeader("x-content-type-options", "nosniff");
      if (extension) response.setHeader("content-type", MIME_TYPES[extension]);
    })
    .on("error", (error: Error & { status?: number }) => {
      if (response.headersSent) return void response.destroy();
      return error.status === 416 ? refuse(response, 416, "no such range") : refuse(response, 404, "no such file");
    })
    .pipe(response);
}

function refuse(response: ServerResponse, status: number, message: string) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify({ code: status === 404 ? "not_found" : "failed_precondition", message }));
}
