import type { Client } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { endUser, type Logger } from "@refrain/mesh";
import { LRUCache } from "lru-cache";
import { describeError } from "./describe-error.js";
import { languageOf, type Language } from "./i18n/words.js";

/** A handler waits for the answer, so a slow storage must not be noticed: then the phone's language does. */
const LOOK_UP_MS = 500;
const KEPT_USERS = 10_000;
const KEPT_MS = 10 * 60_000;
/** After a failure storage is not asked again for this long. */
const KEPT_AFTER_FAILURE_MS = 10_000;

/** Which language each listener reads. */
export interface Languages {
  /** The language chosen with /lang, else that of the phone (`code`, BCP 47). Answers within half a second. */
  of(userId: string, code: string | undefined): Promise<Language>;
  /** Keeps a choice. False: it holds only until the bot forgets it. */
  choose(userId: string, language: Language): Promise<boolean>;
}

type UserSettings = Pick<Client<typeof StorageService>, "getUser" | "updateUser">;

export function createLanguages(storage: UserSettings, logger: Logger): Languages {
  const chosen = new LRUCache<string, Language | "phone">({ max: KEPT_USERS, ttl: KEPT_MS });

  async function lookUp(userId: string): Promise<Language | "phone"> {
    try {
      const { user } = await storage.getUser({ userId }, { ...endUser(userId), timeoutMs: LOOK_UP_MS });
      const answer = user?.language ? languageOf(user.language) : "phone";
      // A choice made while storage was asked is newer than its answer.
      if (!chosen.has(userId)) chosen.set(userId, answer);
    } catch (error) {
      logger.debug({ error: describeError(error) }, "language not known");
      if (!chosen.has(userId)) chosen.set(userId, "phone", { ttl: KEPT_AFTER_FAILURE_MS });
    }
    return chosen.get(userId) ?? "phone";
  }

  return {
    async of(userId, code) {
      const language = chosen.get(userId) ?? (await lookUp(userId));
      return language === "phone" ? languageOf(code) : language;
    },
    async choose(userId, language) {
      chosen.set(userId, language);
      try {
        await storage.updateUser({ userId, language }, endUser(userId));
        return true;
      } catch (error) {
        logger.warn({ error: describeError(error) }, "language not stored");
        return false;
      }
    },
  };
}
