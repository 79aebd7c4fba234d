import type { ServerResponse } from "node:http";
import type { Logger } from "@refrain/mesh";
import { ApiError } from "../model/api-error.js";

/** What a Bot API call is answered with. */
export interface Reply {
  status: number;
  body: string;
  contentType: string;
  /** Telegram's error text; undefined for a result. */
  description?: string;
  retryAfterSeconds?: number;
}

export const EMPTY_UPDATES = '{"ok":true,"result":[]}';

const BAD_GATEWAY_HTML =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

export function resultReply(result: unknown): Reply {
  return { status: 200, body: JSON.stringify({ ok: true, result }), contentType: "application/json" };
}

/** What Telegram's front door says when the server behind it is away: not JSON. */
export function badGatewayReply(): Reply {
  return { status: 502, body: BAD_GATEWAY_HTML, contentType: "text/html", description: "Bad Gateway" };
}

/** A refusal in Telegram's form. What is no ApiError is a defect of ours: logged, and 500 without inner text. */
export function refusalReply(logger: Logger, reason: unknown): Reply {
  const error = reason instanceof ApiError ? reason : new ApiError(500, "Internal Server Error");
  if (error !== reason) logger.error({ err: reason }, "a Bot API call failed");
  const retry = error.retryAfterSeconds;
  const body = {
    ok: false,
    error_code: error.status,
    description: error.message,
    ...(retry !== undefined && { parameters: { retry_after: retry } }),
  };
  return {
    status: error.status,
    body: JSON.stringify(body),
    contentType: "application/json",
    description: error.message,
    ...(retry !== undefined && { retryAfterSeconds: retry }),
  };
}

export function writeReply(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  if (reply.retryAfterSeconds !== undefined) response.setHeader("retry-after", reply.retryAfterSeconds);
  if (reply.status === 413) response.setHeader("connection", "close"); // the rest of the body may still be on its way
  response.writeHead(reply.status, { "content-type": reply.contentType }).end(reply.body);
}
