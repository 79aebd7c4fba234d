import { randomUUID } from "node:crypto";
import { createContextKey, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import { headerOf } from "./headers.js";

/** Name of the key a call came with; empty until it is known. */
export const callerKey = createContextKey("", { description: "caller" });

/** Identifier of a call; empty until somebody asks for it. */
const requestIdKey = createContextKey("", { description: "request id" });

export const REQUEST_ID_HEADER = "x-request-id";

/** The user a call is made for, as the caller says. */
export const END_USER_HEADER = "x-end-user";

/**
 * Identifier of a call, for log lines about it and for its answer: the caller's own when it is a sane one, so that one id
 * runs through all logs; else a new one. Of most calls nobody asks for it.
 */
export function requestIdOf(request: UnaryRequest | StreamRequest): string {
  const known = request.contextValues.get(requestIdKey);
  if (known) return known;
  const given = headerOf(request, REQUEST_ID_HEADER);
  const id = given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
  request.contextValues.set(requestIdKey, id);
  return id;
}
