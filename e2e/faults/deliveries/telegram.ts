import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Send, Verdict } from "../../src/claimer/messages.js";

/** An audio that is in the chat. */
export interface Arrival extends Send {
  readonly messageId: number;
}

/** Of a thousand sends. Of those that are met by silence, half arrive. */
const PER_MILLE = { gone: 3, flood: 20, silence: 10 };
const MIN_ANSWER_MS = 2;
const MAX_ANSWER_MS = 12;

/** Where audios arrive. It remembers each of them, whatever becomes of the claimer that sent it. */
export class Telegram {
  readonly #arrivals = new Map<string, Arrival[]>();
  readonly #uploading = new Map<string, readonly Send[]>();
  readonly #filesSince = new Map<string, number>();
  #messages = 0;
  /** Audios that arrived. */
  arrived = 0;
  uploads = 0;
  /** Uploads that began while somebody who still held their lease was uploading the same track. */
  uploadsAtOnce = 0;
  /** Uploads that began after the track's file id was kept. */
  uploadsInVain = 0;

  /** By delivery, in the order in which they were sent. */
  arrivals(deliveryId: string): readonly Arrival[] {
    return this.#arrivals.get(deliveryId) ?? [];
  }

  all(): Arrival[] {
    return [...this.#arrivals.values()].flat();
  }

  /** Storage has said that it keeps the track's file id. */
  fileKept(trackKey: string): void {
    if (!this.#filesSince.has(trackKey)) this.#filesSince.set(trackKey, Date.now());
  }

  /** Takes an audio at once, or not, and answers a moment later. */
  async take(send: Send): Promise<Verdict> {
    const verdict = this.#judge(send);
    if (send.upload) this.#begin(send);
    await wait(randomInt(MIN_ANSWER_MS, MAX_ANSWER_MS));
    if (send.upload) this.#end(send);
    return verdict;
  }

  #judge(send: Send): Verdict {
    const dice = randomInt(1_000);
    if (dice < PER_MILLE.gone) return { kind: "gone" };
    if (dice < PER_MILLE.gone + PER_MILLE.flood) return { kind: "flood" };
    const silent = dice >= 1_000 - PER_MILLE.silence;
    if (silent && dice % 2 === 0) return { kind: "silence" };
    const messageId = this.#keep(send);
    return silent ? { kind: "silence" } : { kind: "taken", messageId, fileId: `file-of-${send.trackKey}` };
  }

  #keep(send: Send): number {
    const messageId = ++this.#messages;
    const arrivals = [...this.arrivals(send.deliveryId), { ...send, messageId }];
    this.#arrivals.set(
      send.deliveryId,
      arrivals.toSorted((one, other) => one.sentAtMs - other.sentAtMs),
    );
    this.arrived += 1;
    return messageId;
  }

  #begin(send: Send): void {
    const { trackKey, sentAtMs } = send;
    this.uploads += 1;
    const running = this.#uploading.get(trackKey) ?? [];
    if (running.some(({ leaseUntilMs }) => leaseUntilMs > sentAtMs)) this.uploadsAtOnce += 1;
    if (sentAtMs > (this.#filesSince.get(trackKey) ?? Infinity)) this.uploadsInVain += 1;
    this.#uploading.set(trackKey, [...running, send]);
  }

  #end(send: Send): void {
    const others = (this.#uploading.get(send.trackKey) ?? []).filter((other) => other !== send);
    if (others.length > 0) this.#uploading.set(send.trackKey, others);
    else this.#uploading.delete(send.trackKey);
  }
}
