import type { Composer } from "gramio";
import type { Place } from "../telegram/messages.js";

/** A group of handlers for the bot. */
export type Handlers = InstanceType<typeof Composer>;

/** What a tap and its message look like in gramio. */
interface Tap {
  readonly from: { readonly id: number; readonly languageCode?: string | undefined };
  readonly message?: TappedMessage | undefined;
}

interface TappedMessage {
  readonly id: number;
  readonly text?: string | undefined;
  readonly chat: { readonly id: number; readonly type: string };
}

/** Who tapped, as `ListenerOf` wants it. */
export function tapOrigin({ from, message }: Tap) {
  return { from, chatId: message?.chat.id, chatType: message?.chat.type };
}

/** The message under which somebody tapped; undefined when Telegram no longer shows it. */
export function tappedPlace({ message }: Tap): Place | undefined {
  return message && { chatId: message.chat.id, messageId: message.id };
}
