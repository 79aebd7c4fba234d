import type { ServiceImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "./clock.js";
import type { Bell } from "./deliveries/bell.js";
import { showHeldAnswers } from "./metrics.js";
import type { Repo } from "./repo/repo.js";
import { beginSend } from "./rpc/begin-send.js";
import { cancelDeliveries } from "./rpc/cancel-deliveries.js";
import { claimDeliveries } from "./rpc/claim-deliveries.js";
import { completeDelivery } from "./rpc/complete-delivery.js";
import { createDeliveries } from "./rpc/create-deliveries.js";
import { deleteTelegramFile } from "./rpc/delete-telegram-file.js";
import { deleteTrack } from "./rpc/delete-track.js";
import { deleteUser } from "./rpc/delete-user.js";
import { exportUser } from "./rpc/export-user.js";
import { getChoice } from "./rpc/get-choice.js";
import { getBatch } from "./rpc/get-batch.js";
import { getSearchCache } from "./rpc/get-search-cache.js";
import { getStats } from "./rpc/get-stats.js";
import { getTracks } from "./rpc/get-tracks.js";
import { getUser } from "./rpc/get-user.js";
import { importTracks } from "./rpc/import-tracks.js";
import { likeTrack } from "./rpc/like-track.js";
import { listRecentTracks } from "./rpc/list-recent-tracks.js";
import { listTopTracks } from "./rpc/list-top-tracks.js";
import { listTracks } from "./rpc/list-tracks.js";
import { listUsers } from "./rpc/list-users.js";
import { restoreTrack } from "./rpc/restore-track.js";
import { pauseBatch } from "./rpc/pause-batch.js";
import { renewLease } from "./rpc/renew-lease.js";
import { resumeBatch } from "./rpc/resume-batch.js";
import { retryBatch } from "./rpc/retry-batch.js";
import { saveTrack } from "./rpc/save-track.js";
import { setChoice } from "./rpc/set-choice.js";
import { setSearchCache } from "./rpc/set-search-cache.js";
import { setTelegramFile } from "./rpc/set-telegram-file.js";
import { updateDelivery } from "./rpc/update-delivery.js";
import { updateUser } from "./rpc/update-user.js";
import { FreshAnswers } from "./search-cache/fresh-answers.js";
import type { Counts } from "./statistics/counts.js";

/** What the RPCs work with. */
export interface RouteOptions {
  readonly repo: Repo;
  readonly now: Clock;
  /** Told after each write to what the sweeper bounds. */
  readonly cacheWritten: () => void;
  readonly counts: Counts;
  readonly bell: Bell;
}

/** Some 2,000 searches of 50 tracks. */
const FRESH_ANSWERS_BYTES = 32 * 1024 * 1024;

/** The RPCs of refrain.storage.v1.StorageService. */
export function routes({ repo, now, cacheWritten, counts, bell }: RouteOptions): ServiceImpl<typeof StorageService> {
  const fresh = new FreshAnswers(FRESH_ANSWERS_BYTES);
  showHeldAnswers(fresh);
  return {
    getSearchCache: getSearchCache(repo.searchCache, fresh, now, cacheWritten, counts),
    setSearchCache: setSearchCache(repo.searchCache, repo.knownTracks, fresh, now, cacheWritten),
    getTracks: getTracks(repo.knownTracks, now),
    saveTrack: saveTrack(repo.savedTracks, now),
    listTracks: listTracks(repo.savedTracks),
    deleteTrack: deleteTrack(repo.savedTracks, now),
    restoreTrack: restoreTrack(repo.savedTracks, now),
    likeTrack: likeTrack(repo.savedTracks, now),
    importTracks: importTracks(repo.savedTracks, now),
    listRecentTracks: listRecentTracks(repo.recentTracks),
    setChoice: setChoice(repo.choices, now),
    getChoice: getChoice(repo.choices),
    setTelegramFile: setTelegramFile(repo.telegramFiles, bell, now),
    deleteTelegramFile: deleteTelegramFile(repo.telegramFiles),
    getUser: getUser(repo.users, now),
    updateUser: updateUser(repo.users, now, counts),
    listUsers: listUsers(repo.users, now),
    deleteUser: deleteUser(repo.personalData, now),
    exportUser: exportUser(repo.users, repo.personalData, now),
    listTopTracks: listTopTracks(repo.charts),
    createDeliveries: createDeliveries(repo.deliveries, bell, counts, now),
    claimDeliveries: claimDeliveries(repo.deliveries, bell, counts, now),
    renewLease: renewLease(repo.deliveries, now),
    updateDelivery: updateDelivery(repo.deliveries),
    beginSend: beginSend(repo.deliveries),
    completeDelivery: completeDelivery(repo.deliveries, bell, counts, now),
    cancelDeliveries: cancelDeliveries(repo.deliveries, bell, counts, now),
    pauseBatch: pauseBatch(repo.deliveries, bell, now),
    resumeBatch: resumeBatch(repo.deliveries, bell, now),
    retryBatch: retryBatch(repo.deliveries, bell, now),
    getBatch: getBatch(repo.deliveries),
    getStats: getStats(repo.totals, repo.dayCounts, now),
  };
}
