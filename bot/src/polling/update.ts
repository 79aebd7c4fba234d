import type { TelegramUpdate } from "gramio";

/** What the bot asks Telegram for. */
export const ALLOWED_UPDATES = ["message", "callback_query"] as const;

/** An update in the shape that gramio reads: `update_id` first, then the one kind it is of. Undefined: none of ours. */
export function readUpdate(update: TelegramUpdate): TelegramUpdate | undefined {
  if (update.message) return { update_id: update.update_id, message: update.message };
  if (update.callback_query) return { update_id: update.update_id, callback_query: update.callback_query };
  return undefined;
}

/** The lane of an update: its chat. A tap under a message that Telegram no longer shows belongs to who tapped. */
export function laneOf({ message, callback_query }: TelegramUpdate): string {
  return String(message?.chat.id ?? callback_query?.message?.chat.id ?? callback_query?.from.id ?? "");
}
