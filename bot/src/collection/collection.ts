import type { Client } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { ListTracksResponse } from "@refrain/gen/refrain/storage/v1/track_pb";
import { endUser, reasonOf, type Logger } from "@refrain/mesh";
import { describeError } from "../describe-error.js";
import type { Listener } from "../listener.js";
import type { Runner } from "../runner.js";
import type { KnownTracks } from "../search/known-tracks.js";
import { editScreen, sendScreen, type Place, type TelegramApi } from "../telegram/messages.js";
import { collectionFailedScreen, collectionScreen, openingScreen, SAVED_PER_PAGE } from "../views/collection.js";
import { sayError } from "../views/say-error.js";
import { createPageTokens, type OpenList } from "./page-tokens.js";

/** Listeners' saved music, in pages. */
export interface Collection {
  /** Sends the first page; with a filter, only tracks that have this text. */
  open(listener: Listener, filter?: string): Promise<void>;
  /** Turns a message into a page, beside the lane; the first one when the bot no longer knows how to reach that page. */
  turn(listener: Listener, place: Place, page: number, editing: boolean): void;
  /** Removes a track and shows the page without it. */
  remove(listener: Listener, place: Place, id: string, page: number): void;
}

export interface CollectionOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText">;
  readonly storage: Pick<Client<typeof StorageService>, "listTracks" | "deleteTrack">;
  readonly knownTracks: KnownTracks;
  readonly runner: Pick<Runner, "start">;
  readonly logger: Logger;
}

export function createCollection({ api, storage, knownTracks, runner, logger }: CollectionOptions): Collection {
  const openLists = createPageTokens();

  async function page(
    listener: Listener,
    list: OpenList,
    wanted: number,
    signal: AbortSignal,
  ): Promise<[number, ListTracksResponse]> {
    const token = wanted === 1 ? "" : list.tokens[wanted - 1];
    if (token === undefined) return page(listener, list, 1, signal);
    const request = { userId: listener.userId, pageSize: SAVED_PER_PAGE, query: list.filter, pageToken: token };
    try {
      const answer = await storage.listTracks(request, { ...endUser(listener.userId), signal });
      // The last row of a page may have been removed: then the page before is the last.
      if (answer.tracks.length === 0 && wanted > 1) return page(listener, list, wanted - 1, signal);
      return [wanted, answer];
    } catch (error) {
      if (wanted > 1 && reasonOf(error) === "PAGE_TOKEN_INVALID") return page(listener, list, 1, signal);
      throw error;
    }
  }

  async function show(listener: Listener, place: Place, wanted: number, editing: boolean, signal: AbortSignal): Promise<void> {
    const list = openLists.of(place, listener.userId);
    const [shown, { tracks, totalCount, nextPageToken }] = await page(listener, list, wanted, signal);
    knownTracks.add(tracks.flatMap(({ track }) => track ?? []));
    if (nextPageToken) list.tokens[shown] = nextPageToken;
    const screen = collectionScreen(listener.words, { tracks, total: totalCount, page: shown, filter: list.filter, editing });
    await editScreen(api, place, screen);
  }

  /** Runs work on a list beside the lane; what goes wrong is said in its message. */
  function start(listener: Listener, place: Place, work: (signal: AbortSignal) => Promise<void>): void {
    const say = (text: string) => editScreen(api, place, collectionFailedScreen(listener.words, text));
    const accepted = runner.start("collection", async (signal) => {
      try {
        await work(signal);
      } catch (error) {
        signal.throwIfAborted();
        logger.warn({ error: describeError(error) }, "collection not shown");
        await say(sayError(listener.words, error, "collection"));
      }
    });
    if (accepted) return;
    say(listener.words.say("error.busy")).catch((error: unknown) =>
      logger.warn({ error: describeError(error) }, "collection refused"),
    );
  }

  return {
    async open(listener, filter = "") {
      const place = await sendScreen(api, listener.chatId, openingScreen(listener.words));
      openLists.start(place, listener.userId, filter);
      start(listener, place, (signal) => show(listener, place, 1, false, signal));
    },
    turn(listener, place, wanted, editing) {
      start(listener, place, (signal) => show(listener, place, wanted, editing, signal));
    },
    remove(listener, place, id, wanted) {
      start(listener, place, async (signal) => {
        const gone = (error: unknown) => {
          if (reasonOf(error) !== "SAVED_TRACK_NOT_FOUND") throw error;
        };
        await storage.deleteTrack({ userId: listener.userId, id }, { ...endUser(listener.userId), signal }).catch(gone);
        await show(listener, place, wanted, true, signal);
      });
    },
  };
}
