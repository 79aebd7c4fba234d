import type { MethodImpl } from "@connectrpc/connect";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Users, UserSettings } from "../repo/users.js";
import { storableName } from "../storable-name.js";

const DEFAULTS: UserSettings = { language: "", format: AudioFormat.AUTO, blocked: false };

export function getUser(users: Pick<Users, "find">): MethodImpl<typeof StorageService.method.getUser> {
  return async ({ userId }) => {
    const settings = (await users.find(storableName("user_id", userId))) ?? DEFAULTS;
    return { user: { userId, ...settings } };
  };
}
