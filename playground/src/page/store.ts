import type { NumberedEvent, StateView } from "../shapes/page-api.js";
import { applyEvent } from "./chat-state.js";
import { pageCalls } from "./page-calls.js";

/** A short text over the chat; an alert waits for OK. */
export interface Toast {
  id: number;
  text: string;
  isAlert: boolean;
}

export interface PageState {
  userId: number;
  view: StateView | null;
  /** False: the stream is broken and comes back by itself. */
  isConnected: boolean;
  toast: Toast | null;
  /** Pressed buttons that wait for an answer, as `message:row:column`, by query id. */
  waiting: ReadonlyMap<string, string>;
}

/** All state of the page, and what changes it. */
export interface Store {
  readonly state: PageState;
  subscribe(listener: () => void): () => void;
  switchUser(userId: number): void;
  say(text: string, isAlert?: boolean): void;
  closeToast(): void;
  press(messageId: number, row: number, column: number): Promise<void>;
  /** Runs a call and shows what went wrong with it. */
  attempt(work: Promise<unknown>): void;
}

const TOAST_MS = 3500;
/** Telegram's clients stop the button's spinner after a while, too. */
const SPINNER_MS = 15_000;
const ACTION_MS = 5000;

export function createStore(userId: number): Store {
  const listeners = new Set<() => void>();
  let state: PageState = { userId, view: null, isConnected: false, toast: null, waiting: new Map() };
  let source: EventSource | undefined;
  let toastTimer: number | undefined;
  let actionTimer: number | undefined;
  let toasts = 0;
  let wanted = userId;

  const set = (change: Partial<PageState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const say = (text: string, isAlert = false): void => {
    clearTimeout(toastTimer);
    set({ toast: { id: ++toasts, text, isAlert } });
    if (!isAlert) toastTimer = setTimeout(() => set({ toast: null }), TOAST_MS);
  };
  const attempt = (work: Promise<unknown>): void => {
    work.catch((reason: unknown) => say(reason instanceof Error ? reason.message : String(reason)));
  };
  const settle = (queryId: string): void => {
    const waiting = new Map(state.waiting);
    if (waiting.delete(queryId)) set({ waiting });
  };
  const onEvent = (event: NumberedEvent): void => {
    if (state.view === null) return;
    if (event.type === "answer") {
      settle(event.query_id);
      if (event.text !== "") say(event.text, event.show_alert);
      if (event.url !== "") window.open(event.url, "_blank", "noopener");
    }
    if (event.type === "action") {
      clearTimeout(actionTimer);
      actionTimer = setTimeout(() => {
        if (state.view) set({ view: { ...state.view, chat: { ...state.view.chat, action: null } } });
      }, ACTION_MS);
    }
    const view = applyEvent(state.view, event);
    if (view === undefined) attempt(refresh());
    else set({ view });
  };
  const refresh = async (): Promise<void> => {
    const { userId: asked } = state;
    const view = await pageCalls.state(asked);
    if (asked === state.userId) set({ view });
  };
  /** The old chat stays on the screen until the new one is there. */
  const open = async (userId: number): Promise<void> => {
    wanted = userId;
    source?.close();
    const view = await pageCalls.state(userId);
    if (wanted !== userId) return; // switched again meanwhile
    set({ userId, view, waiting: new Map(), toast: null });
    const stream = new EventSource(`/playground/api/events?user=${userId}&after=${view.seq}`);
    source = stream;
    stream.addEventListener("open", () => set({ isConnected: true }));
    stream.addEventListener("error", () => set({ isConnected: false }));
    stream.addEventListener("reset", () => attempt(refresh()));
    stream.addEventListener("message", (message) => onEvent(JSON.parse(String(message.data)) as NumberedEvent));
  };
  attempt(open(userId));

  return {
    get state() {
      return state;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    switchUser: (next) => attempt(open(next)),
    say,
    attempt,
    closeToast: () => set({ toast: null }),
    async press(messageId, row, column) {
      const pressed = await pageCalls.press(state.userId, messageId, row, column);
      if (pressed.kind === "url") window.open(pressed.url, "_blank", "noopener");
      if (pressed.kind === "copy") {
        await navigator.clipboard.writeText(pressed.text);
        say("Copied");
      }
      if (pressed.kind !== "callback") return;
      set({ waiting: new Map(state.waiting).set(pressed.query_id, `${messageId}:${row}:${column}`) });
      setTimeout(() => settle(pressed.query_id), SPINNER_MS);
    },
  };
}
