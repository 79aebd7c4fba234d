import { createHash } from "node:crypto";
import type { SearchKind } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { fold } from "./fold.js";

/** Name of a search: the same for all spellings that fold to the same text. */
export function searchName(kind: SearchKind, query: string): string {
  return `${kind} ${fold(query)}`;
}

/** What the rows of a search go by: the name itself may be longer than an index row. */
export function searchKey(name: string): Uint8Array {
  return createHash("sha256").update(name).digest();
}
