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

/** Takes updates from Telegram. */
export interface Poller {
  /** Polls until `signal` fires, then confirms what was handled. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** True: Telegram answered the last poll. */
  connected(): boolean;
}

export interface PollerOptions {
  /** Asks for updates from `offset` on, which confirms all before. `wait`: whether to hold the line until there are some. */
  readonly getUpdates: (offset: number, wait: boolean, signal: AbortSignal) => Promise<TelegramUpdate[]>;
  readonly handle: (update: TelegramUpdate) => Promise<unknown>;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * An update is confirmed once its handler has returned: the offset is the lowest one that is still being handled. Until
 * then Telegram sends it again, which changes nothing, and after a crash it is not lost.
 */
export function createPoller({ getUpdates, handle, lanes, clock, logger }: PollerOptions): Poller {
  const seen = new LRUCache<number, true>({ max: REMEMBERED_UPDATES });
  const pending = new Set<number>();
  let next = 0;
  let failures = 0;
  let connected = false;
  let wake: () => void = () => undefined;

  const offset = () => (pending.size > 0 ? Math.min(...pending) : next);

  function accept(update: TelegramUpdate): void {
    const id = update.update_id;
    next = Math.max(next, id + 1);
    if (seen.has(id)) return;
    seen.set(id, true);
    const known = readUpdate(update);
    if (!known) return;
    pending.add(id);
    lanes.push(
      laneOf(known),
      () => handle(known),
      () => {
        pending.delete(id);
        if (pending.size === 0) wake();
      },
    );
  }

  /** Returns when all handlers have, or after a while. */
  async function settle(ms: number, signal: AbortSignal): Promise<void> {
    if (pending.size === 0) return;
    const timer = new AbortController();
    const stop = () => timer.abort();
    signal.addEventListener("abort", stop, { once: true });
    wake = stop;
    await clock.wait(ms, timer.signal).catch(() => undefined); // woken early
    signal.removeEventListener("abort", stop);
  }

  async function poll(signal: AbortSignal): Promise<void> {
    try {
      // The first poll, and one after a failure, does not wait: it only learns whether Telegram is there.
      const updates = await getUpdates(offset(), connected && pending.size === 0, signal);
      if (failures > 0) logger.info("Telegram answers again");
      failures = 0;
      connected = true;
      for (const update of updates) accept(update);
    } catch (error) {
      if (signal.aborted) return;
      connected = false;
      // One line per outage, not one per attempt.
      if (failures === 0) logger.warn({ error: describeError(error) }, "no updates from Telegram, trying again");
      failures += 1;
      const backoffMs = Math.min(MAX_BACKOFF_MS, 250 * 2 ** Math.min(failures, 10));
      await clock.wait(retryAfterMs(error) ?? backoffMs, signal).catch(() => undefined); // stopped
    }
  }

  /** Tells Telegram what was handled last, so that it does not come again after a restart. */
  async function confirm(): Promise<void> {
    if (next === 0) return;
    const unconfirmed = (error: unknown) => logger.debug({ error: describeError(error) }, "last updates not confirmed");
    await getUpdates(offset(), false, AbortSignal.timeout(CONFIRM_MS)).catch(unconfirmed);
  }

  return {
    connected: () => connected,
    async run(signal) {
      while (!signal.aborted) {
        await poll(signal);
        await settle(HANDLERS_MS, signal);
      }
      connected = false;
      await settle(LAST_HANDLERS_MS, new AbortController().signal);
      await confirm();
    },
  };
}
