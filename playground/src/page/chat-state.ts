import type { NumberedEvent, StateView } from "../shapes/page-api.js";

/** Calls kept for the live list. */
const MAX_CALLS = 30;
const MAX_MESSAGES = 200;

/** What one event makes of the state; undefined: read the state anew. */
export function applyEvent(state: StateView, event: NumberedEvent): StateView | undefined {
  if (event.seq <= state.seq) return state; // came with the state already
  const next = { ...state, seq: event.seq };
  if ("user_id" in event && event.user_id !== state.chat.user.id) return next;
  switch (event.type) {
    case "message":
      return withMessages(next, [...state.chat.messages, event.message].slice(-MAX_MESSAGES), event.message.from.is_bot);
    case "edit":
      return withMessages(
        next,
        state.chat.messages.map((message) => (message.message_id === event.message.message_id ? event.message : message)),
        false,
      );
    case "delete":
      return withMessages(
        next,
        state.chat.messages.filter((message) => !event.message_ids.includes(message.message_id)),
        false,
      );
    case "action":
      return { ...next, chat: { ...state.chat, action: event.action } };
    case "faults":
      return { ...next, faults: event.faults };
    case "call":
      return { ...next, calls: [...state.calls, event.call].slice(-MAX_CALLS) };
    case "services":
      return { ...next, services: event.services };
    case "downloads":
      return { ...next, downloads: event.downloads };
    case "answer":
      return next;
    case "chat":
    case "bot":
      return undefined;
  }
}

function withMessages(state: StateView, messages: StateView["chat"]["messages"], endsAction: boolean): StateView {
  return { ...state, chat: { ...state.chat, messages, ...(endsAction && { action: null }) } };
}
