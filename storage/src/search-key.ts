import { createHash } from "node:crypto";
import type { SearchKind } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { fold } from "./fold.js";

/** Name of a search in the cache: the same for all spellings that fold to the same text. */
export function searchKey(kind: SearchKind, query: string): Uint8Array {
  return createHash("sha256")
    .update(`${kind} ${fold(query)}`)
    .digest();
}
