import type { Logger } from "@refrain/mesh";
import type { TelegramUpdate } from "gramio";
import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";
import { describeError } from "../describe-error.js";
import { retryAfterMs } from "../telegram/call-errors.js";
import type { Lanes } from "./lanes.js";
import { laneOf, readUpdate } from "./update.js";

/** Telegram repeats an update for up to a day; this many are remembered. */
const REMEMBERED_UPDATES = 10_000;
/** At the end, handlers may finish what they are at. */
const LAST_HANDLERS_MS = 500;
/** While handlers run, Telegram still has their updates and would answer at once: so wait this long for them first. */
const HANDLERS_MS = 250;
const CONFIRM_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

export interface PollerOptions {
  /** Asks for updates from `offset` on, which confirms all before. `wait`: whether to hold the line until there are some. */
  readonly getUpdates: (offset: number, wait: boolean, signal: AbortSignal) => Promise<TelegramUpdate[]>;
  readonly handle: (update: TelegramUpdate) => Promise<unknown>;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Takes updates from Telegram. One is confirmed once its handler has returned: the offset is the lowest update that is
 * still being handled. Until then Telegram sends it again, which changes nothing, and after a crash it is not lost.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #seen = new LRUCache<number, true>({ max: REMEMBERED_UPDATES });
  readonly #pending = new Set<number>();
  #next = 0;
  #failures = 0;
  #isConnected = false;
  #wake: () => void = () => undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** True: Telegram answered the last poll. */
  connected(): boolean {
    return this.#isConnected;
  }

  /** How many updates wait for their handler, or are being handled. */
  pending(): number {
    return this.#pending.size;
  }

  /** Polls until the signal fires, then confirms what was handled. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#poll(signal);
      await this.#settle(HANDLERS_MS, signal);
    }
    this.#isConnected = false;
    await this.#settle(LAST_HANDLERS_MS, new AbortController().signal);
    await this.#confirm();
  }

  get #offset(): number {
    return this.#pending.size > 0 ? Math.min(...this.#pending) : this.#next;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { getUpdates, logger } = this.#options;
    try {
      // The first poll, and one after a failure, does not wait: it only learns whether Telegram is there.
      const updates = await getUpdates(this.#offset, this.#isConnected && this.#pending.size === 0, signal);
      if (this.#failures > 0) logger.info("Telegram answers again");
      this.#failures = 0;
      this.#isConnected = true;
      for (const update of updates) this.#accept(update);
    } catch (error) {
      if (!signal.aborted) await this.#backOff(error, signal);
    }
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    this.#isConnected = false;
    // One line per outage, not one per attempt.
    if (this.#failures === 0) logger.warn({ error: describeError(error) }, "no updates from Telegram, trying again");
    this.#failures += 1;
    const backoffMs = Math.min(MAX_BACKOFF_MS, 250 * 2 ** Math.min(this.#failures, 10));
    await clock.wait(retryAfterMs(error) ?? backoffMs, signal).catch(() => undefined); // stopped
  }

  #accept(update: TelegramUpdate): void {
    const { handle, lanes } = this.#options;
    const id = update.update_id;
    this.#next = Math.max(this.#next, id + 1);
    if (this.#seen.has(id)) return;
    this.#seen.set(id, true);
    const known = readUpdate(update);
    if (!known) return;
    this.#pending.add(id);
    const done = () => {
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#wake();
    };
    lanes.push(laneOf(known), () => handle(known), done);
  }

  /** Returns when all handlers have, or after a while. */
  async #settle(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#pending.size === 0) return;
    const timer = new AbortController();
    const stop = () => timer.abort();
    signal.addEventListener("abort", stop, { once: true });
    this.#wake = stop;
    await this.#options.clock.wait(ms, timer.signal).catch(() => undefined); // woken early
    signal.removeEventListener("abort", stop);
  }

  /** Tells Telegram what was handled last, so that it does not come again after a restart. */
  async #confirm(): Promise<void> {
    const { getUpdates, logger } = this.#options;
    if (this.#next === 0) return;
    const unconfirmed = (error: unknown) => logger.debug({ error: describeError(error) }, "last updates not confirmed");
    await getUpdates(this.#offset, false, AbortSignal.timeout(CONFIRM_MS)).catch(unconfirmed);
  }
}
