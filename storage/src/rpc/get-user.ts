import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Users } from "../repo/users.js";
import { storableName } from "../storable-name.js";
import { defaultUser, toUser } from "../user-record.js";

export function getUser(users: Pick<Users, "find">, now: Clock): MethodImpl<typeof StorageService.method.getUser> {
  return async ({ userId }) => {
    const user = await users.find(storableName("user_id", userId));
    return { user: toUser(user ?? defaultUser(userId), now()) };
  };
}
