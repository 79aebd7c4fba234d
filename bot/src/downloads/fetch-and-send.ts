import type { Client } from "@connectrpc/connect";
import type { AudioFile, MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { endUser, type Logger } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { describeError } from "../describe-error.js";
import type { Slots } from "../slots.js";
import type { TelegramApi } from "../telegram/messages.js";
import { cardScreen, type CardState } from "../views/card.js";
import { followDownload } from "./follow-download.js";
import { FileUnavailableError, type MusicFiles } from "./music-files.js";
import { CANCELLED, type Order } from "./order.js";
import { uploadAudio } from "./send-audio.js";
import { FIRST_STATE, steadyState, withPhase } from "./steady-state.js";

/** A file may go between its download and its upload: then it is asked for again. */
const MAX_FILES = 3;
const NEXT_FILE_MS = 500;

export interface FetchAndSendOptions {
  readonly api: Pick<TelegramApi, "sendAudio">;
  readonly music: Pick<Client<typeof MusicService>, "download" | "cancelDownload">;
  readonly files: MusicFiles;
  /** Uploads that run at once; the others wait. */
  readonly uploads: Slots;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What was sent. */
export interface SentAudio {
  readonly file: AudioFile;
  /** Telegram's name of it; undefined when it did not say. */
  readonly fileId: string | undefined;
}

/** Has music fetch a track, and uploads it to the chat. The card follows. */
export async function fetchAndSend(
  options: FetchAndSendOptions,
  order: Order,
  track: Track,
  signal: AbortSignal,
): Promise<SentAudio> {
  const { api, files, uploads, clock } = options;
  const { card, listener } = order;
  let state = FIRST_STATE;
  const show = (next: CardState) => {
    state = next;
    card.show(cardScreen(listener.words, track, state));
  };
  show(state);

  for (let tries = 1; ; tries++) {
    const file = await download(options, order, track, (progress) => show(steadyState(state, progress)), signal);
    show(withPhase(state, "waiting"));
    const upload = async () => {
      show(withPhase(state, "sending"));
      return { file, fileId: await uploadAudio({ api, files, chatId: listener.chatId }, track, file, signal) };
    };
    try {
      return await uploads.run(upload, signal);
    } catch (error) {
      if (!(error instanceof FileUnavailableError) || tries === MAX_FILES) throw error;
      await clock.wait(NEXT_FILE_MS, signal);
    }
  }
}

type OnProgress = Parameters<typeof followDownload>[0]["onProgress"];

/** Follows music's download. When the listener cancels, music is told, so that nothing is fetched for nobody. */
async function download(
  options: FetchAndSendOptions,
  order: Order,
  track: Track,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<AudioFile> {
  const { music, clock, logger } = options;
  const { userId } = order.listener;
  let taskId = "";
  const withdraw = () => {
    if (signal.reason !== CANCELLED || taskId === "" || order.wantedElsewhere()) return;
    const ignored = (error: unknown) => logger.debug({ error: describeError(error) }, "download not withdrawn");
    music.cancelDownload({ taskId, userId }, endUser(userId)).catch(ignored);
  };
  signal.addEventListener("abort", withdraw, { once: true });
  try {
    const note: OnProgress = (progress) => {
      taskId = progress.taskId;
      onProgress(progress);
    };
    return await followDownload({ music, clock, url: track.url, userId, onProgress: note }, signal);
  } finally {
    signal.removeEventListener("abort", withdraw);
  }
}
