import type { ServerResponse } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { reasonOf } from "../errors/service-error.js";

/** Answers with a short text. */
export function answerText(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** Answers with JSON on one line. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  answerText(response, status, `${JSON.stringify(body)}\n`, "application/json");
}

/** Refuses a request without a known key, in the shape of Connect's JSON errors. */
export function answerUnauthenticated(response: ServerResponse, error: ConnectError): void {
  response.setHeader("www-authenticate", "Bearer");
  answerJson(response, 401, { code: "unauthenticated", message: error.rawMessage, reason: reasonOf(error) });
}
