import type { ServerResponse } from "node:http";
import { Code, type ConnectError } from "@connectrpc/connect";
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

/** Answers with an error of ours outside of an RPC, in the shape of Connect's JSON errors. */
export function answerError(response: ServerResponse, error: ConnectError): void {
  if (error.code === Code.Unauthenticated) response.setHeader("www-authenticate", "Bearer");
  const status = error.code === Code.Unauthenticated ? 401 : error.code === Code.NotFound ? 404 : 500;
  answerJson(response, status, {
    code: error.code === Code.Unauthenticated ? "unauthenticated" : "not_found",
    message: error.rawMessage,
    reason: reasonOf(error),
  });
}
