import type { Languages } from "./languages.js";
import { wordsIn, type Words } from "./i18n/words.js";

/** Who writes, where, and in which language to answer. */
export interface Listener {
  readonly chatId: number;
  /** Telegram's id of the person, as the services know them. */
  readonly userId: string;
  /** True: a chat with the bot alone, where every text is meant for it. */
  readonly isPrivate: boolean;
  readonly words: Words;
}

/** What messages and taps have in common. */
interface Origin {
  readonly from?: { readonly id: number; readonly languageCode?: string | undefined } | undefined;
  readonly chatId?: number | undefined;
  readonly chatType?: string | undefined;
}

/** Tells who is behind an update. A tap under a message that Telegram no longer shows is answered in private. */
export type ListenerOf = (origin: Origin) => Promise<Listener>;

export function createListenerOf(languages: Pick<Languages, "of">): ListenerOf {
  return async ({ from, chatId, chatType }) => {
    const id = from?.id ?? chatId ?? 0;
    const userId = String(id);
    const language = await languages.of(userId, from?.languageCode);
    return { chatId: chatId ?? id, userId, isPrivate: (chatType ?? "private") === "private", words: wordsIn(language) };
  };
}
