import type { Update, UpdatePayloads, UpdateType } from "../shapes/bot-api.js";
import { conflict } from "./api-error.js";
import type { SavedBot } from "./saved-state.js";

/** Updates waiting for a bot that is away; the oldest go first, as after Telegram's 24 hours. */
const MAX_PENDING = 1000;

interface PollOptions {
  /** First update wanted; everything below is confirmed. Negative: that many from the end. 0: the oldest unconfirmed. */
  offset: number;
  /** 1–100. */
  limit: number;
  /** How long an empty answer may wait. */
  timeoutMs: number;
}

/** The updates of one bot: numbered, kept until confirmed, read by one poller or one webhook. */
export interface UpdateQueue {
  push<T extends UpdateType>(type: T, payload: UpdatePayloads[T]): void;
  /** Waits for updates; an abort of `signal` answers with none. A later poll or `terminate` rejects it with 409. */
  poll(options: PollOptions, signal: AbortSignal): Promise<Update[]>;
  /** Rejects the waiting poll with 409. */
  terminate(why: string): void;
  /** Drops one update that a webhook took. */
  confirm(updateId: number): void;
  drop(): void;
  /** Calls back on each push, until the returned function is called. */
  onPush(listener: () => void): () => void;
}

interface Waiting {
  wake: () => void;
  reject: (reason: Error) => void;
}

/** `repeats` is asked once per confirmed update: true delivers it once more, as Telegram sometimes does. */
export function createUpdateQueue(bot: SavedBot, repeats: () => boolean, changed: () => void): UpdateQueue {
  const listeners = new Set<() => void>();
  let again: Update[] = [];
  let waiting: Waiting | undefined;

  const confirmWhere = (done: (update: Update) => boolean): void => {
    for (const update of bot.pending) if (done(update) && repeats()) again.push(update);
    bot.pending = bot.pending.filter((update) => !done(update));
    changed();
  };
  const take = (limit: number): Update[] => {
    const repeated = again.slice(0, limit);
    again = again.slice(repeated.length);
    return [...repeated, ...bot.pending.slice(0, limit - repeated.length)];
  };
  const terminate = (why: string): void => waiting?.reject(conflict(why));

  return {
    push(type, payload) {
      if (bot.allowedUpdates !== undefined && !bot.allowedUpdates.includes(type)) return;
      bot.pending.push({ update_id: bot.nextUpdateId++, [type]: payload });
      if (bot.pending.length > MAX_PENDING) bot.pending.shift();
      changed();
      waiting?.wake();
      for (const listener of listeners) listener();
    },
    async poll({ offset, limit, timeoutMs }, signal) {
      terminate("terminated by other getUpdates request; make sure that only one bot instance is running");
      const first = offset < 0 ? (bot.pending.at(Math.max(offset, -bot.pending.length))?.update_id ?? 0) : offset;
      if (first > 0) confirmWhere((update) => update.update_id < first);
      const ready = take(limit);
      if (ready.length > 0 || timeoutMs <= 0 || signal.aborted) return ready;
      await new Promise<void>((resolve, reject) => {
        const end = (finish: () => void): void => {
          if (waiting === own) waiting = undefined;
          finish();
        };
        const own = startWaiting(
          timeoutMs,
          signal,
          () => end(resolve),
          (reason) => end(() => reject(reason)),
        );
        waiting = own;
      });
      return take(limit);
    },
    terminate,
    confirm: (updateId) => confirmWhere((update) => update.update_id === updateId),
    drop() {
      bot.pending = [];
      again = [];
      changed();
    },
    onPush(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Calls exactly one of both, once: `woken` by `wake`, by time or by the signal, `refused` by `reject`. */
function startWaiting(timeoutMs: number, signal: AbortSignal, woken: () => void, refused: (reason: Error) => void): Waiting {
  let isOver = false;
  const end = (finish: () => void): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    finish();
  };
  const wake = (): void => end(woken);
  const timer = setTimeout(wake, timeoutMs);
  signal.addEventListener("abort", wake, { once: true });
  return { wake, reject: (reason) => end(() => refused(reason)) };
}
