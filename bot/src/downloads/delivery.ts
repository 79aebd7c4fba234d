import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { describeError } from "../describe-error.js";
import { countDelivery, countFailedDelivery } from "../metrics.js";
import { cancelledCard, failedCard, notKeptCard } from "../views/card.js";
import { sayError } from "../views/say-error.js";
import { fetchAndSend, type FetchAndSendOptions } from "./fetch-and-send.js";
import { CANCELLED, type Order } from "./order.js";
import { sendKnownAudio } from "./send-audio.js";
import type { Shelf } from "./shelf.js";

/** Brings a track to a chat, and says on the card how it ends. Never rejects because of the track. */
export type Deliver = (order: Order, signal: AbortSignal) => Promise<void>;

export interface DeliverOptions extends FetchAndSendOptions {
  readonly shelf: Shelf;
}

export function createDeliver(options: DeliverOptions): Deliver {
  return async (order, signal) => {
    const { listener, key, card } = order;
    let track: Track | undefined;
    try {
      const found = await options.shelf.find(key, listener.userId, signal);
      if (!found) {
        countDelivery("unknown_track");
        return await card.finish({ text: listener.words.say("button.old") });
      }
      track = found.track;
      const { outcome, sizeBytes } = await send(options, order, track, found.fileId, signal);
      countDelivery(outcome);
      const kept = await options.shelf.keep(track, sizeBytes, listener.userId);
      await (kept ? card.remove() : card.finish(notKeptCard(listener.words, track)));
    } catch (error) {
      if (signal.aborted && signal.reason !== CANCELLED) {
        countDelivery("stopped");
        return card.leave();
      }
      if (signal.aborted) countDelivery("cancelled");
      else {
        countFailedDelivery(error);
        options.logger.warn({ error: describeError(error) }, "download failed");
      }
      await sayEnd(order, track, error, signal.aborted);
    }
  };
}

/** How a track came to the chat. */
interface Sent {
  readonly outcome: "file_id" | "fetched";
  /** 0 when it is not known. */
  readonly sizeBytes: bigint;
}

/** Sends what Telegram has already, else what music fetches. */
async function send(options: DeliverOptions, order: Order, track: Track, knownId: string, signal: AbortSignal): Promise<Sent> {
  const { api, shelf } = options;
  if (knownId !== "") {
    if (await sendKnownAudio(api, order.listener.chatId, knownId, signal)) return { outcome: "file_id", sizeBytes: 0n };
    await shelf.dropFileId(track.url, knownId);
  }
  const { file, fileId } = await fetchAndSend(options, order, track, signal);
  if (fileId) await shelf.setFileId(track.url, fileId);
  return { outcome: "fetched", sizeBytes: file.sizeBytes };
}

async function sayEnd(
  { card, listener: { words } }: Order,
  track: Track | undefined,
  error: unknown,
  cancelled: boolean,
): Promise<void> {
  const reason = sayError(words, error, "download");
  // Cancelled before there was a card: whoever cancelled has been told.
  if (!track) return cancelled ? card.leave() : card.finish({ text: reason });
  await card.finish(cancelled ? cancelledCard(words, track) : failedCard(words, track, reason));
}
