import { createHash, randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import type { CreateDeliveriesResponse } from "@refrain/gen/refrain/storage/v1/delivery_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { askUntilAnswered } from "./ask-until-answered.js";
import type { Counts } from "./counts.js";

export interface CreatorsOptions {
  readonly storage: Client<typeof StorageService>;
  readonly botId: string;
  /** So many in all. */
  readonly deliveries: number;
  /** True: enough is open, so that creating waits. */
  readonly isFull: () => boolean;
  readonly refused: Counts;
  /** Told of each request that was answered the first time. */
  readonly onAccepted: (accepted: Accepted) => void;
  readonly signal: AbortSignal;
}

/** A request that storage has answered. */
export interface Accepted {
  readonly requestKey: string;
  readonly userId: string;
  readonly batchId: string;
  readonly deliveryIds: readonly string[];
}

/** What was asked for, and what was answered. */
export class Orders {
  readonly accepted = new Map<string, Accepted>();
  deliveries = 0;
  /** Requests that were sent again on purpose. */
  askedTwice = 0;
  /** Answers that differ from the first one. */
  answeredOtherwise = 0;
  /** Requests that were said to be new more than once. */
  createdTwice = 0;
}

const LANES = 8;
const USERS = 2_000;
const PAUSE_MS = 50;
const ASK_TWICE = 0.05;
/** Tracks that everybody wants, and all others. */
const TRACKS = { hot: 200, hotShare: 0.3, all: 20_000 };
/** Most are single taps, some are long lists. */
const SIZES = [
  { share: 0.7, min: 1, max: 1 },
  { share: 0.25, min: 2, max: 20 },
  { share: 0.05, min: 21, max: 100 },
] as const;

/** Asks for deliveries, several requests at a time, each until it is answered. */
export async function createAll(orders: Orders, options: CreatorsOptions): Promise<void> {
  let left = options.deliveries;
  let requests = 0;
  const lane = async () => {
    while (left > 0) {
      if (options.isFull()) {
        await wait(PAUSE_MS, undefined, { signal: options.signal });
        continue;
      }
      const size = Math.min(left, randomSize());
      left -= size;
      await order(`request-${requests++}`, size, orders, options);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function order(requestKey: string, size: number, orders: Orders, options: CreatorsOptions): Promise<void> {
  const userId = `user-${randomInt(USERS)}`;
  const deliveries = Array.from({ length: size }, () => ({ track: randomTrack(), format: AudioFormat.MP3 }));
  const request = { botId: options.botId, requestKey, userId, chatId: 1n, title: size > 1 ? "A list" : "", deliveries };
  const create = () =>
    askUntilAnswered(
      () => options.storage.createDeliveries(request),
      (reason) => options.refused.add(`CreateDeliveries: ${reason}`),
      options.signal,
    );
  const twice = Math.random() < ASK_TWICE;
  if (twice) orders.askedTwice += 1;
  // At once: the two may meet on two replicas.
  const answers = await Promise.all(twice ? [create(), create()] : [create()]);
  accept(requestKey, userId, answers, orders, options);
}

function accept(
  requestKey: string,
  userId: string,
  answers: readonly CreateDeliveriesResponse[],
  orders: Orders,
  { onAccepted }: CreatorsOptions,
): void {
  const [first, ...others] = answers;
  if (!first) return;
  const accepted = { requestKey, userId, batchId: first.batch?.id ?? "", deliveryIds: first.deliveryIds };
  const names = first.deliveryIds.join();
  orders.answeredOtherwise += others.filter(({ deliveryIds }) => deliveryIds.join() !== names).length;
  if (answers.filter(({ created }) => created).length > 1) orders.createdTwice += 1;
  orders.accepted.set(requestKey, accepted);
  orders.deliveries += first.deliveryIds.length;
  onAccepted(accepted);
}

function randomSize(): number {
  let dice = Math.random();
  for (const { share, min, max } of SIZES) {
    if (dice < share) return randomInt(min, max + 1);
    dice -= share;
  }
  return 1;
}

function randomTrack() {
  const number = randomInt(Math.random() < TRACKS.hotShare ? TRACKS.hot : TRACKS.all);
  const url = `library://${number}`;
  const key = createHash("sha256").update(url).digest().subarray(0, 16).toString("base64url");
  return {
    key,
    id: `lib:${number}`,
    title: `Track ${number}`,
    uploader: "Somebody",
    url,
    source: "library",
    durationSeconds: 180,
  };
}
