import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { PersonalData } from "../repo/personal-data.js";
import { storableName } from "../storable-name.js";

export function deleteUser(
  personalData: Pick<PersonalData, "remove">,
  now: Clock,
): MethodImpl<typeof StorageService.method.deleteUser> {
  return async ({ userId }) => ({ ...(await personalData.remove(storableName("user_id", userId), now())) });
}
