import type { NumberedEvent, StateView } from "../shapes/page-api.js";
import { applyEvent } from "./chat-state.js";
import { pageCalls } from "./page-calls.js";

export interface LiveChatOptions {
  /** The state as it is now; null before the first. */
  current: () => StateView | null;
  changed: (view: StateView) => void;
  /** True while the stream runs; it comes back by itself. */
  connected: (isConnected: boolean) => void;
  /** An answer to a pressed button: shown once, not part of the state. */
  answered: (answer: NumberedEvent & { type: "answer" }) => void;
  failed: (reason: unknown) => void;
}

/** One person's chat, read once and kept up to date by the server's events. */
export interface LiveChat {
  /** Follows this person from now on. The old chat stays until the new one is there. */
  follow: (userId: number) => Promise<void>;
}

/** Telegram's clients show an action for five seconds. */
const ACTION_MS = 5000;

export function createLiveChat(options: LiveChatOptions): LiveChat {
  let wanted = 0;
  let source: EventSource | undefined;
  let actionTimer: ReturnType<typeof setTimeout> | undefined;
  /** Events that came while the state is being read: it may be older than they are. */
  let held: NumberedEvent[] | undefined;

  /** Reads the whole state; undefined when somebody else is followed by now. */
  const read = async (): Promise<StateView | undefined> => {
    const asked = wanted;
    held ??= [];
    try {
      const view = await pageCalls.state(asked);
      if (asked !== wanted) return undefined;
      options.changed(view);
      return view;
    } finally {
      if (asked === wanted) release();
    }
  };
  const release = (): void => {
    const events = held ?? [];
    held = undefined;
    for (const event of events) take(event);
  };
  const readAgain = (): void => void read().catch(options.failed);
  const endAction = (): void => {
    const view = options.current();
    if (view !== null) options.changed({ ...view, chat: { ...view.chat, action: null } });
  };
  const take = (event: NumberedEvent): void => {
    if (held !== undefined) return void held.push(event);
    if (event.type === "answer") options.answered(event);
    if (event.type === "action") {
      clearTimeout(actionTimer);
      actionTimer = setTimeout(endAction, ACTION_MS);
    }
    const view = options.current();
    const next = view === null ? undefined : applyEvent(view, event);
    if (next === undefined) readAgain();
    else options.changed(next);
  };
  return {
    async follow(userId) {
      wanted = userId;
      source?.close();
      const view = await read();
      if (view === undefined) return;
      source = new EventSource(`/playground/api/events?user=${userId}&after=${view.seq}`);
      source.addEventListener("open", () => options.connected(true));
      source.addEventListener("error", () => options.connected(false));
      source.addEventListener("reset", readAgain);
      source.addEventListener("message", ({ data }) => take(JSON.parse(String(data)) as NumberedEvent));
    },
  };
}
