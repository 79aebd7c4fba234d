import { randomUUID } from "node:crypto";
import { createContextKey } from "@connectrpc/connect";

/** Name of the key a call came with; empty until it is known. */
export const callerKey = createContextKey("", { description: "caller" });

/** Identifier of a call, on every log line about it and in the answer's headers. */
export const requestIdKey = createContextKey("", { description: "request id" });

export const REQUEST_ID_HEADER = "x-request-id";

/** The user a call is made for, as the caller says. */
export const END_USER_HEADER = "x-end-user";

/** A caller's own identifier when it is a sane one, so that one id runs through all logs; else a new one. */
export function requestId(given: string | null): string {
  return given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
