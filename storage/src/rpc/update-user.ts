import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import type { Users } from "../repo/users.js";
import { storableName } from "../storable-name.js";

export function updateUser(users: Pick<Users, "update">, now: Clock): MethodImpl<typeof StorageService.method.updateUser> {
  return async ({ userId, language, format, blocked }) => {
    const change = {
      ...(language === undefined ? {} : { language }),
      ...(format === undefined ? {} : { format: namedFormat(format) }),
      ...(blocked === undefined ? {} : { blocked }),
    };
    const settings = await users.update(storableName("user_id", userId), change, now());
    return { user: { userId, ...settings } };
  };
}
