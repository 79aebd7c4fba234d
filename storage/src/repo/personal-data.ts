import {
  choicesBehind,
  recentTracksBehind,
  removedTracksBehind,
  savedTracksBehind,
  type KeptChoice,
  type KeptRecentTrack,
} from "./personal-data-pages.js";
import { removeUser, type RemovedUser } from "./personal-data-removal.js";
import { batchesBehind, deliveriesBehind } from "./personal-data-deliveries.js";
import type { BatchRecord, DeliveryRecord } from "./deliveries/rows.js";
import type { SavedTrackRecord } from "./saved-track-record.js";
import type { SqlPool } from "./sql.js";

/** Some rows of one kind behind a given one, in the same order each time. Empty: there are no more. */
export type PageBehind<Row> = (userId: string, after: Row | undefined) => Promise<Row[]>;

/** All that is kept of one user, beside the settings. */
export interface PersonalData {
  /** Removes all rows of a user, but for a ban. */
  remove(userId: string, now: Date): Promise<RemovedUser>;
  readonly savedTracks: PageBehind<SavedTrackRecord>;
  /** Those that can still be put back. */
  removedTracks(userId: string, after: SavedTrackRecord | undefined, now: Date): Promise<SavedTrackRecord[]>;
  readonly recentTracks: PageBehind<KeptRecentTrack>;
  readonly choices: PageBehind<KeptChoice>;
  readonly batches: PageBehind<BatchRecord>;
  readonly deliveries: PageBehind<DeliveryRecord>;
}

export function createPersonalData(db: SqlPool): PersonalData {
  return {
    remove: (userId, now) => db.transaction((tx) => removeUser(tx, userId, now)),
    savedTracks: (userId, after) => savedTracksBehind(db, userId, after),
    removedTracks: (userId, after, now) => removedTracksBehind(db, userId, after, now),
    recentTracks: (userId, after) => recentTracksBehind(db, userId, after),
    choices: (userId, after) => choicesBehind(db, userId, after),
    batches: (userId, after) => batchesBehind(db, userId, after),
    deliveries: (userId, after) => deliveriesBehind(db, userId, after),
  };
}
