import { inEveryLanguage, LANGUAGES, wordsIn, type TextKey, type Words } from "../i18n/words.js";
import { button, MENU_ITEMS, type MenuItem } from "./buttons.js";
import type { InlineButton, Screen } from "./screen.js";

const LABELS: Readonly<Record<MenuItem, TextKey>> = {
  search: "menu.search",
  artist: "menu.artist",
  collection: "menu.collection",
  language: "menu.language",
  help: "menu.help",
};

const MENU_LAYOUT: readonly (readonly MenuItem[])[] = [["search", "artist"], ["collection"], ["language", "help"]];

/** Says something and puts the menu where the phone's keyboard is. */
export function menuScreen(words: Words, text: string): Screen {
  return { text, keyboard: MENU_LAYOUT.map((row) => row.map((item) => words.say(LABELS[item]))) };
}

/** Says something with the menu under it. */
export function inlineMenuScreen(words: Words, text: string): Screen {
  const toButton = (item: MenuItem): InlineButton => ({ text: words.say(LABELS[item]), data: button.menu(item) });
  return { text, rows: MENU_LAYOUT.map((row) => row.map(toButton)) };
}

/** The menu button that has this text in some language: the keyboard may be older than the listener's choice. */
export function menuItemOf(text: string): MenuItem | undefined {
  return MENU_ITEMS.find((item) => inEveryLanguage(LABELS[item]).includes(text));
}

/** Every language under its own name. */
export function languageScreen(words: Words): Screen {
  const toButton = (language: (typeof LANGUAGES)[number]) => ({
    text: wordsIn(language).say("language.name"),
    data: button.language(language),
  });
  return { text: words.say("language.ask"), rows: [LANGUAGES.map(toButton)] };
}
