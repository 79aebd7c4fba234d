import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { fold } from "../fold.js";
import type { Choices } from "../repo/choices.js";
import { searchKey } from "../search-key.js";
import { storableName } from "../storable-name.js";
import { toTrack } from "../track-record.js";

export function getChoice(choices: Pick<Choices, "find">): MethodImpl<typeof StorageService.method.getChoice> {
  return async ({ userId, query }) => {
    const track = await choices.find(storableName("user_id", userId), searchKey(fold(query)));
    return track ? { track: toTrack(track) } : {};
  };
}
