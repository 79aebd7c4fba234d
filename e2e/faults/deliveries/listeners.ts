import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { askUntilAnswered } from "./ask-until-answered.js";
import type { Counts } from "./counts.js";
import type { Accepted } from "./creators.js";
import type { Postgres } from "./postgres.js";
import { someFailed } from "./rows.js";

export interface ListenersOptions {
  readonly storage: Client<typeof StorageService>;
  readonly botId: string;
  readonly refused: Counts;
  readonly signal: AbortSignal;
}

/** Of a thousand requests. */
const PER_MILLE = { cancelBatch: 20, cancelOne: 20, pause: 20 };
const MAX_THOUGHT_MS = 2_000;
const RETRY_EVERY_MS = 2_000;
/** Part of the batches with failures that somebody asks for again. */
const RETRIED = 0.3;

/** People who change their minds about what they asked for. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #thoughts = new Set<Promise<void>>();
  /** Batches whose failed deliveries were asked for again. */
  readonly retried = new Set<string>();
  readonly #told = new Set<string>();
  cancelled = 0;
  pauses = 0;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Something is on its way to one of them, who may cancel or pause it a moment later. */
  accepted(accepted: Accepted): void {
    const dice = randomInt(1_000);
    const { cancelBatch, cancelOne, pause } = PER_MILLE;
    if (dice < cancelBatch) this.#think(() => this.#cancel(accepted, ""));
    else if (dice < cancelBatch + cancelOne) this.#think(() => this.#cancel(accepted, anyOf(accepted.deliveryIds)));
    else if (dice < cancelBatch + cancelOne + pause) this.#think(() => this.#pause(accepted));
  }

  /** Asks again for what failed, now and then. Ends with the signal, at the latest with an error. */
  async retryOn(postgres: Postgres): Promise<never> {
    for (;;) {
      await wait(RETRY_EVERY_MS, undefined, { signal: this.#options.signal });
      for (const { id, user_id: userId } of await someFailed(postgres)) await this.#retry(id, userId);
    }
  }

  async #retry(batchId: string, userId: string): Promise<void> {
    if (this.#told.has(batchId)) return;
    this.#told.add(batchId);
    if (Math.random() > RETRIED) return;
    this.retried.add(batchId);
    await this.#ask("RetryBatch", () => this.#options.storage.retryBatch({ batchId, userId }));
  }

  /** Resolves when everybody has said what they wanted to say. */
  async silent(): Promise<void> {
    await Promise.all(this.#thoughts);
  }

  #think(say: () => Promise<void>): void {
    const thought = wait(randomInt(MAX_THOUGHT_MS), undefined, { signal: this.#options.signal }).then(say);
    this.#thoughts.add(thought);
    thought.then(
      () => this.#thoughts.delete(thought),
      () => {}, // told by `silent`
    );
  }

  async #cancel({ userId, batchId }: Accepted, deliveryId: string): Promise<void> {
    const { storage, botId } = this.#options;
    const answer = await this.#ask("CancelDeliveries", () => storage.cancelDeliveries({ userId, botId, batchId, deliveryId }));
    this.cancelled += answer.cancelled;
  }

  async #pause({ userId, batchId }: Accepted): Promise<void> {
    const { storage, signal } = this.#options;
    await this.#ask("PauseBatch", () => storage.pauseBatch({ userId, batchId }));
    this.pauses += 1;
    await wait(randomInt(MAX_THOUGHT_MS), undefined, { signal });
    await this.#ask("ResumeBatch", () => storage.resumeBatch({ userId, batchId }));
  }

  #ask<Answer>(method: string, call: () => Promise<Answer>): Promise<Answer> {
    const { refused, signal } = this.#options;
    return askUntilAnswered(call, (reason) => refused.add(`${method}: ${reason}`), signal);
  }
}

function anyOf(ids: readonly string[]): string {
  return ids[randomInt(ids.length)] ?? "";
}
