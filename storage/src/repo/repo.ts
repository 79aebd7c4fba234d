import type { Pool } from "pg";
import { measured } from "../metrics.js";
import { createCharts, type Charts } from "./charts.js";
import { createChoices, type Choices } from "./choices.js";
import { createDayCounts, type DayCounts } from "./day-counts.js";
import { createDeliveries, type Deliveries } from "./deliveries/deliveries.js";
import { createExpiry, type Expiry } from "./expiry.js";
import { createKnownTracks, type KnownTracks } from "./known-tracks.js";
import { createPersonalData, type PersonalData } from "./personal-data.js";
import { ping } from "./ping.js";
import { createPrisma } from "./prisma.js";
import { createRecentTracks, type RecentTracks } from "./recent-tracks.js";
import { createSavedTracks, type SavedTracks } from "./saved-tracks.js";
import { createSearchCache, type SearchCache } from "./search-cache.js";
import { createSql } from "./sql.js";
import { createTelegramFiles, type TelegramFiles } from "./telegram-files.js";
import { createTotals, type Totals } from "./totals.js";
import { createUsers, type Users } from "./users.js";

/** All rows of storage. Nothing outside this folder sees Prisma. */
export interface Repo {
  readonly searchCache: SearchCache;
  readonly knownTracks: KnownTracks;
  readonly savedTracks: SavedTracks;
  readonly recentTracks: RecentTracks;
  readonly choices: Choices;
  readonly telegramFiles: TelegramFiles;
  readonly users: Users;
  readonly personalData: PersonalData;
  readonly deliveries: Deliveries;
  readonly charts: Charts;
  readonly dayCounts: DayCounts;
  readonly totals: Totals;
  readonly expiry: Expiry;
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
  pool.on("error", onConnectionError);
  return {
    searchCache: measured("search_cache", createSearchCache(sql)),
    knownTracks: measured("known_tracks", createKnownTracks(sql)),
    savedTracks: measured("saved_tracks", createSavedTracks(sql)),
    recentTracks: measured("recent_tracks", createRecentTracks(sql)),
    choices: measured("choices", createChoices(sql, prisma)),
    telegramFiles: measured("telegram_files", createTelegramFiles(sql, prisma)),
    users: measured("users", createUsers(sql)),
    personalData: measured("personal_data", createPersonalData(sql)),
    deliveries: measured("deliveries", createDeliveries(sql)),
    charts: measured("charts", createCharts(sql)),
    dayCounts: measured("day_counts", createDayCounts(sql)),
    totals: measured("totals", createTotals(sql)),
    expiry: measured("expiry", createExpiry(sql)),
    ping: () => ping(sql),
    close: () => prisma.close(),
  };
}
