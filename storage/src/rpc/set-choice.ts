import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import { fold } from "../fold.js";
import type { Choices } from "../repo/choices.js";
import { searchKey } from "../search-key.js";
import { storableName } from "../storable-name.js";
import { toTrackRecord } from "../track-record.js";

export function setChoice(
  choices: Pick<Choices, "set" | "remove">,
  now: Clock,
): MethodImpl<typeof StorageService.method.setChoice> {
  return async ({ userId, query, track }) => {
    const owner = storableName("user_id", userId);
    const folded = fold(query);
    const key = searchKey(folded);
    if (track) await choices.set({ userId: owner, key, query: folded, track: toTrackRecord(track).bytes }, now());
    else await choices.remove(owner, key);
    return {};
  };
}
