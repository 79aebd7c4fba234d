import { hash } from "node:crypto";
import type { HandlerContext } from "@connectrpc/connect";
import { callerKey } from "../interceptors/call-context.js";

/** Longer ones are hashed, so that nobody fills the memory with names. Longer than any `user_id` of the contract. */
const MAX_END_USER_LENGTH = 64;

/**
 * Names an end user of a caller; different pairs never share a name. Users of different callers are different, whatever they
 * are called.
 *
 * @param caller name of a key, which has no colon
 * @param endUser empty for calls that are made for nobody
 */
export function endUserKey(caller: string, endUser: string): string {
  return `${caller}:${endUser.length > MAX_END_USER_LENGTH ? `sha256:${hash("sha256", endUser)}` : endUser}`;
}

/** The same for the call that a handler answers, whose request says who the end user is. */
export function endUserOf(context: Pick<HandlerContext, "values">, endUser: string): string {
  return endUserKey(context.values.get(callerKey), endUser);
}
