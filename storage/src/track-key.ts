import { createHash } from "node:crypto";

const KEY_BYTES = 16;

/** Short name of a track's url: base64url of the first 16 bytes of its SHA-256, 22 characters. */
export function trackKey(url: string): string {
  return createHash("sha256").update(url).digest().subarray(0, KEY_BYTES).toString("base64url");
}
