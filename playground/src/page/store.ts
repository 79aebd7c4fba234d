import type { StateView } from "../shapes/page-api.js";
import { createLiveChat } from "./live-chat.js";
import { pageCalls } from "./page-calls.js";

/** A short text over the chat; an alert waits for OK. */
export interface Toast {
  id: number;
  text: string;
  isAlert: boolean;
}

interface PageState {
  /** null: nothing was read yet. */
  view: StateView | null;
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
  closeToast(): void;
  press(messageId: number, row: number, column: number): Promise<void>;
  /** Runs a call and shows what went wrong with it. */
  attempt(work: Promise<unknown>): void;
}

const TOAST_MS = 3500;
/** Telegram's clients stop the button's spinner after a while, too. */
const SPINNER_MS = 15_000;

export function createStore(userId: number): Store {
  const listeners = new Set<() => void>();
  let state: PageState = { view: null, isConnected: false, toast: null, waiting: new Map() };
  const set = (change: Partial<PageState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };
  const say = createToasts((toast) => set({ toast }));
  const failed = (reason: unknown): void => say(reason instanceof Error ? reason.message : String(reason));
  const settle = (queryId: string): void => {
    const waiting = new Map(state.waiting);
    if (waiting.delete(queryId)) set({ waiting });
  };
  const chat = createLiveChat({
    current: () => state.view,
    changed: (view) => set({ view }),
    connected: (isConnected) => set({ isConnected }),
    answered({ query_id, text, show_alert, url }) {
      settle(query_id);
      if (text !== "") say(text, show_alert);
      if (url !== "") openLink(url);
    },
    failed,
  });
  const switchUser = (next: number): void => void chat.follow(next).catch(failed);
  switchUser(userId);

  return {
    get state() {
      return state;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    switchUser,
    attempt: (work) => void work.catch(failed),
    closeToast: () => set({ toast: null }),
    async press(messageId, row, column) {
      if (state.view === null) return;
      const pressed = await pageCalls.press(state.view.chat.user.id, messageId, row, column);
      if (pressed.kind === "url") return openLink(pressed.url);
      if (pressed.kind === "copy") {
        await navigator.clipboard.writeText(pressed.text);
        return say("Copied");
      }
      set({ waiting: new Map(state.waiting).set(pressed.query_id, `${messageId}:${row}:${column}`) });
      setTimeout(() => settle(pressed.query_id), SPINNER_MS);
    },
  };
}

/** Shows one toast at a time; `show(null)` when it has been read. */
function createToasts(show: (toast: Toast | null) => void): (text: string, isAlert?: boolean) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let count = 0;
  return (text, isAlert = false) => {
    clearTimeout(timer);
    show({ id: ++count, text, isAlert });
    if (!isAlert) timer = setTimeout(() => show(null), TOAST_MS);
  };
}

function openLink(url: string): void {
  window.open(url, "_blank", "noopener");
}
