import type { IncomingHttpHeaders } from "node:http";

/** The type of a body in lower case, without parameters; empty when the source did not say. */
export function typeOf(headers: IncomingHttpHeaders): string {
  return headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Whether a type is among some, of which those that end with a slash stand for all that begin so. */
export function isType(type: string, types: readonly string[]): boolean {
  return types.some((wanted) => (wanted.endsWith("/") ? type.startsWith(wanted) : type === wanted));
}
