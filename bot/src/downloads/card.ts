import type { Logger } from "@refrain/mesh";
import type { Clock } from "../clock.js";
import { describeError } from "../describe-error.js";
import { editScreen, sendScreen, type Place, type TelegramApi } from "../telegram/messages.js";
import type { Screen } from "../views/screen.js";

/** Telegram allows an edit every 3 to 5 seconds. */
const EDIT_EVERY_MS = 3_000;
/** The first state is worth this much waiting: mostly there is more to tell by then, or nothing any more. */
const FIRST_AFTER_MS = 400;

/** One message that follows a task: at most one edit per 3 s, always the newest state, and the end at once. */
export interface Card {
  /** Shows a state as soon as it is due: the first one after 0.4 s. States in between are skipped. */
  show(screen: Screen): void;
  /** Shows the last state, in a new message when there is none yet. */
  finish(screen: Screen): Promise<void>;
  /** Makes the message disappear. */
  remove(): Promise<void>;
  /** Ends it as it is. */
  leave(): void;
}

export interface CardOptions {
  readonly api: Pick<TelegramApi, "sendMessage" | "editMessageText" | "deleteMessage">;
  readonly chatId: number;
  /** A message to turn into the card, instead of a new one. */
  readonly place?: Place | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createCard({ api, chatId, place, clock, logger }: CardOptions): Card {
  const ended = new AbortController();
  let waiting: Screen | undefined;
  let drawing: Promise<void> | undefined;
  let isDrawn = false;

  /** Says whether the screen is in the chat now. */
  async function draw(screen: Screen): Promise<boolean> {
    try {
      if (place) await editScreen(api, place, screen);
      else place = await sendScreen(api, chatId, screen);
      return true;
    } catch (error) {
      // A card that the listener has deleted must not stop the download.
      logger.debug({ error: describeError(error) }, "card not shown");
      return false;
    }
  }

  const pause = (ms: number) => clock.wait(ms, ended.signal).catch(() => undefined); // `finish` ends it, which is no failure

  async function drawWhatWaits(): Promise<void> {
    if (!isDrawn) await pause(FIRST_AFTER_MS);
    while (waiting && !ended.signal.aborted) {
      const screen = waiting;
      waiting = undefined;
      isDrawn = true;
      await draw(screen);
      // Also without states to show: the next one, whenever it comes, must be 3 s away.
      await pause(EDIT_EVERY_MS);
    }
    drawing = undefined;
  }

  /** An edit under way must not arrive after the last one. */
  async function settle(): Promise<void> {
    ended.abort(new DOMException("the card is finished", "AbortError"));
    await drawing;
  }

  return {
    show(screen) {
      if (ended.signal.aborted) return;
      waiting = screen;
      drawing ??= drawWhatWaits();
    },
    async finish(screen) {
      await settle();
      if (await draw(screen)) return;
      place = undefined;
      await draw(screen);
    },
    async remove() {
      await settle();
      if (!place) return;
      const gone = (error: unknown) => logger.debug({ error: describeError(error) }, "card not removed");
      await api.deleteMessage({ chat_id: place.chatId, message_id: place.messageId }).catch(gone);
    },
    leave() {
      ended.abort(new DOMException("the card is left as it is", "AbortError"));
    },
  };
}
