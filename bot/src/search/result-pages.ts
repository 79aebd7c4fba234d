import type { Client } from "@connectrpc/connect";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { endUser, type Logger } from "@refrain/mesh";
import { describeError } from "../describe-error.js";
import type { Listener } from "../listener.js";
import type { Runner } from "../runner.js";
import { editScreen, sendScreen, type Place, type TelegramApi } from "../telegram/messages.js";
import {
  marksOf,
  pageCount,
  RESULTS_PER_PAGE,
  resultsScreen,
  searchFailedScreen,
  searchingScreen,
  type Search,
} from "../views/results.js";
import { sayError } from "../views/say-error.js";
import type { TrackMarks } from "../views/track-label.js";
import type { FindTracks } from "./find-tracks.js";

/** Signs beside the tracks are worth this much waiting, no more. */
const MARKS_MS = 1_000;

/** Results of searches, in pages of buttons. */
export interface ResultPages {
  /** Says that it searches, and turns that message into the first page beside the chat's lane. */
  open(listener: Listener, search: Search): Promise<void>;
  /** Turns a message into a page, beside the lane. A page that there is not becomes the last one. */
  turn(listener: Listener, place: Place, search: Search, page: number): void;
}

export interface ResultPagesOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText">;
  readonly findTracks: FindTracks;
  readonly storage: Pick<Client<typeof StorageService>, "getTracks">;
  readonly botId: string;
  readonly runner: Pick<Runner, "start">;
  readonly logger: Logger;
}

export function createResultPages({ api, findTracks, storage, botId, runner, logger }: ResultPagesOptions): ResultPages {
  async function marks(tracks: readonly Track[], userId: string, signal: AbortSignal): Promise<Map<string, TrackMarks>> {
    if (tracks.length === 0) return new Map();
    try {
      const keys = tracks.map(({ key }) => key);
      const options = { ...endUser(userId), signal, timeoutMs: MARKS_MS };
      return marksOf((await storage.getTracks({ keys, userId, botId }, options)).tracks);
    } catch (error) {
      signal.throwIfAborted();
      logger.debug({ error: describeError(error) }, "results without signs");
      return new Map();
    }
  }

  async function show(listener: Listener, place: Place, search: Search, wanted: number, signal: AbortSignal): Promise<void> {
    const { words, userId } = listener;
    try {
      const { tracks, failedSources } = await findTracks(search, userId, signal);
      const page = Math.min(wanted, pageCount(tracks.length));
      const shown = tracks.slice((page - 1) * RESULTS_PER_PAGE, page * RESULTS_PER_PAGE);
      const results = { tracks: shown, marks: await marks(shown, userId, signal), page, total: tracks.length, failedSources };
      await editScreen(api, place, resultsScreen(words, search, results));
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error: describeError(error) }, "search failed");
      await editScreen(api, place, searchFailedScreen(words, search, sayError(words, error, "search")));
    }
  }

  function turn(listener: Listener, place: Place, search: Search, page: number): void {
    if (runner.start("search", (signal) => show(listener, place, search, page, signal))) return;
    const busy = searchFailedScreen(listener.words, search, listener.words.say("error.busy"));
    editScreen(api, place, busy).catch((error: unknown) => logger.warn({ error: describeError(error) }, "search refused"));
  }

  return {
    turn,
    async open(listener, search) {
      const place = await sendScreen(api, listener.chatId, searchingScreen(listener.words, search));
      turn(listener, place, search, 1);
    },
  };
}
