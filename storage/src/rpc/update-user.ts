import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { UpdateUserRequest } from "@refrain/gen/refrain/storage/v1/user_pb";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import type { UserChange, Users } from "../repo/users.js";
import type { Counts } from "../statistics/counts.js";
import { storableName } from "../storable-name.js";
import { toUser } from "../user-record.js";

export function updateUser(
  users: Pick<Users, "update">,
  now: Clock,
  counts: Counts,
): MethodImpl<typeof StorageService.method.updateUser> {
  return async (request) => {
    const time = now();
    const { user, isNew, isFirstUse } = await users.update(storableName("user_id", request.userId), toChange(request), time);
    if (isNew) counts.add("new_users");
    if (isFirstUse) counts.add("active_users");
    return { user: toUser(user, time) };
  };
}

function toChange({ language, format, blocked, addUse }: UpdateUserRequest): UserChange {
  return {
    ...(language !== undefined && { language }),
    ...(format !== undefined && { format: namedFormat(format) }),
    ...(blocked !== undefined && { blocked }),
    ...(addUse && {
      use: { key: storableName("add_use.key", addUse.key), searches: addUse.searches, downloads: addUse.downloads },
    }),
  };
}
