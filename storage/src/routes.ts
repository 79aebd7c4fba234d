import type { ServiceImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "./clock.js";
import { showHeldAnswers } from "./metrics.js";
import type { Repo } from "./repo/repo.js";
import { deleteTelegramFile } from "./rpc/delete-telegram-file.js";
import { deleteTrack } from "./rpc/delete-track.js";
import { getSearchCache } from "./rpc/get-search-cache.js";
import { getTracks } from "./rpc/get-tracks.js";
import { getUser } from "./rpc/get-user.js";
import { listTracks } from "./rpc/list-tracks.js";
import { saveTrack } from "./rpc/save-track.js";
import { setSearchCache } from "./rpc/set-search-cache.js";
import { setTelegramFile } from "./rpc/set-telegram-file.js";
import { updateUser } from "./rpc/update-user.js";
import { FreshAnswers } from "./search-cache/fresh-answers.js";

/** What the RPCs work with. */
export interface RouteOptions {
  readonly repo: Repo;
  readonly now: Clock;
  /** Told after each write to what the sweeper bounds. */
  readonly cacheWritten: () => void;
}

/** Some 2,000 searches of 50 tracks. */
const FRESH_ANSWERS_BYTES = 32 * 1024 * 1024;

/** The RPCs of refrain.storage.v1.StorageService. */
export function routes({ repo, now, cacheWritten }: RouteOptions): ServiceImpl<typeof StorageService> {
  const fresh = new FreshAnswers(FRESH_ANSWERS_BYTES);
  showHeldAnswers(fresh);
  const handlers: Partial<ServiceImpl<typeof StorageService>> = {
    getSearchCache: getSearchCache(repo.searchCache, fresh, now, cacheWritten),
    setSearchCache: setSearchCache(repo.searchCache, repo.knownTracks, fresh, now, cacheWritten),
    getTracks: getTracks(repo.knownTracks, now),
    saveTrack: saveTrack(repo.savedTracks, now),
    listTracks: listTracks(repo.savedTracks),
    deleteTrack: deleteTrack(repo.savedTracks, now),
    setTelegramFile: setTelegramFile(repo.telegramFiles, now),
    deleteTelegramFile: deleteTelegramFile(repo.telegramFiles),
    getUser: getUser(repo.users),
    updateUser: updateUser(repo.users, now),
  };
  return handlers as ServiceImpl<typeof StorageService>;
}
