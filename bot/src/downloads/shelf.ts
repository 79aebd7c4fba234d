import type { Client } from "@connectrpc/connect";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { endUser, type Logger } from "@refrain/mesh";
import { describeError } from "../describe-error.js";
import type { KnownTracks } from "../search/known-tracks.js";

/** A track behind a button. */
interface ShelfTrack {
  readonly track: Track;
  /** Telegram's name of the file; empty when it has none. */
  readonly fileId: string;
}

/** What storage knows of tracks and files. While it does not answer, tracks of this process still work. */
export interface Shelf {
  /** Undefined: nobody knows this key any more. Rejects when storage is down and this process does not know it either. */
  find(key: string, userId: string, signal: AbortSignal): Promise<ShelfTrack | undefined>;
  /** Puts a track into the listener's music. False: it could not be kept. */
  keep(track: Track, sizeBytes: bigint, userId: string): Promise<boolean>;
  /** Keeps Telegram's name of an uploaded track. */
  setFileId(url: string, fileId: string): Promise<void>;
  /** Forgets a name that Telegram refused. */
  dropFileId(url: string, fileId: string): Promise<void>;
}

export interface ShelfOptions {
  readonly storage: Pick<Client<typeof StorageService>, "getTracks" | "saveTrack" | "setTelegramFile" | "deleteTelegramFile">;
  readonly knownTracks: KnownTracks;
  readonly botId: string;
  readonly logger: Logger;
}

export function createShelf({ storage, knownTracks, botId, logger }: ShelfOptions): Shelf {
  /** Bookkeeping that must not spoil a delivery: the deadline of the client bounds it. */
  async function attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      logger.warn({ error: describeError(error) }, `${what} failed`);
      return false;
    }
  }

  return {
    async find(key, userId, signal) {
      try {
        const { tracks } = await storage.getTracks({ keys: [key], userId, botId }, { ...endUser(userId), signal });
        const [known] = tracks;
        if (known?.track) return { track: known.track, fileId: known.telegramFileId };
      } catch (error) {
        signal.throwIfAborted();
        if (!knownTracks.get(key)) throw error;
        logger.warn({ error: describeError(error) }, "track taken from memory");
      }
      const track = knownTracks.get(key);
      return track && { track, fileId: "" };
    },
    keep: (track, sizeBytes, userId) =>
      attempt("saving a track", () => storage.saveTrack({ userId, track, sizeBytes }, endUser(userId))),
    async setFileId(url, telegramFileId) {
      await attempt("keeping a file id", () => storage.setTelegramFile({ botId, url, telegramFileId }));
    },
    async dropFileId(url, telegramFileId) {
      await attempt("forgetting a file id", () => storage.deleteTelegramFile({ botId, url, telegramFileId }));
    },
  };
}
