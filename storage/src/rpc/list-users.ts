import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { Users } from "../repo/users.js";
import { storableName } from "../storable-name.js";
import { toUser } from "../user-record.js";

const PAGE = 500;

export function listUsers(users: Pick<Users, "page">, now: Clock): MethodImpl<typeof StorageService.method.listUsers> {
  return async function* ({ language, includeBlocked, afterUserId }, { signal }) {
    let after = storableName("after_user_id", afterUserId);
    for (;;) {
      // Filtered here: a statement that looks for rare users would go through many rows, and hold others up.
      const page = await users.page(after, PAGE);
      const wanted = page.filter((user) => (includeBlocked || !user.blocked) && (language === "" || user.language === language));
      if (wanted.length > 0) yield { users: wanted.map((user) => toUser(user, now())) };
      signal.throwIfAborted();
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.userId;
    }
  };
}
