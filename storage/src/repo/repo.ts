import type { Pool } from "pg";
import { measured } from "../metrics.js";
import { createExpiry, type Expiry } from "./expiry.js";
import { createKnownTracks, type KnownTracks } from "./known-tracks.js";
import { ping } from "./ping.js";
import { createPrisma } from "./prisma.js";
import { createSavedTracks, type SavedTracks } from "./saved-tracks.js";
import { createSearchCache, type SearchCache } from "./search-cache.js";
import { createSql } from "./sql.js";
import { createTelegramFiles, type TelegramFiles } from "./telegram-files.js";
import { createUsers, type Users } from "./users.js";

/** All rows of storage. Nothing outside this folder sees Prisma. */
export interface Repo {
  readonly searchCache: SearchCache;
  readonly knownTracks: KnownTracks;
  readonly savedTracks: SavedTracks;
  readonly telegramFiles: TelegramFiles;
  readonly users: Users;
  readonly expiry: Expiry;
  /** Loads what the first queries would otherwise wait for. */
  warmUp(): Promise<void>;
  /** Rejects when the database does not answer, and with a ReadOnlyDatabaseError when nothing can be written to it. */
  ping(): Promise<void>;
  /** Ends Prisma, not the pool. */
  close(): Promise<void>;
}

/**
 * @param onConnectionError told when an idle connection broke; the pool replaces it by itself
 */
export function createRepo(pool: Pool, onConnectionError: (error: Error) => void): Repo {
  const prisma = createPrisma(pool, onConnectionError);
  const sql = createSql(pool);
  const users = measured("users", createUsers(prisma));
  return {
    searchCache: measured("search_cache", createSearchCache(sql)),
    knownTracks: measured("known_tracks", createKnownTracks(sql)),
    savedTracks: measured("saved_tracks", createSavedTracks(sql)),
    telegramFiles: measured("telegram_files", createTelegramFiles(prisma)),
    users,
    expiry: measured("expiry", createExpiry(sql)),
    // Prisma compiles its query compiler with the first query that is not SQL.
    warmUp: () => users.find("").then(() => {}),
    ping: () => ping(sql),
    close: () => prisma.$disconnect(),
  };
}
