import { LRUCache } from "lru-cache";
import { inEveryLanguage, type TextKey } from "./i18n/words.js";
import type { Listener } from "./listener.js";
import type { Screen } from "./views/screen.js";

const KEPT_PROMPTS = 10_000;
const PROMPT_MS = 10 * 60_000;

/** What the bot may ask a listener for. */
export type Prompt = "play" | "artist" | "filter";

const QUESTIONS: Readonly<Record<Prompt, TextKey>> = { play: "ask.play", artist: "ask.artist", filter: "ask.filter" };

/** What each listener's next text means, for ten minutes or until they do something else. */
export interface Prompts {
  /** The question to send; the listener's next text in this chat is its answer. */
  ask(listener: Listener, prompt: Prompt): Screen;
  /**
   * What a text answers, and forgets it. `repliedTo` is the text of the message that it replies to: a question is
   * recognised by its words even after a restart.
   */
  take(listener: Listener, repliedTo?: string): Prompt | undefined;
}

export function createPrompts(): Prompts {
  const asked = new LRUCache<string, Prompt>({ max: KEPT_PROMPTS, ttl: PROMPT_MS });
  const keyOf = ({ chatId, userId }: Listener) => `${chatId}:${userId}`;

  return {
    ask(listener, prompt) {
      asked.set(keyOf(listener), prompt);
      return { text: listener.words.say(QUESTIONS[prompt]), askFor: listener.words.say("menu.hint") };
    },
    take(listener, repliedTo) {
      const prompt = questionIn(repliedTo) ?? asked.get(keyOf(listener));
      asked.delete(keyOf(listener));
      return prompt;
    },
  };
}

function questionIn(text: string | undefined): Prompt | undefined {
  const prompts: readonly Prompt[] = ["play", "artist", "filter"];
  return text ? prompts.find((prompt) => inEveryLanguage(QUESTIONS[prompt]).includes(text)) : undefined;
}
