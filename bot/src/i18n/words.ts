import { createInstance } from "i18next";
import { en } from "./en.js";
import { ru } from "./ru.js";

export const LANGUAGES = ["ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

type Plural = "zero" | "one" | "two" | "few" | "many" | "other";
type Singular<Key extends string> = Key extends `${infer Base}_${Plural}` ? Base : Key;
/** Name of a text, without the plural form: `count` among the values picks that. */
export type TextKey = Singular<keyof typeof en>;
type Values = Readonly<Record<string, string | number>>;

/** What the bot says in one language. */
export interface Words {
  readonly language: Language;
  /** The text of a key. Values are inserted as they are, whatever they contain. */
  say(key: TextKey, values?: Values): string;
}

const i18n = createInstance();
// Nothing here waits: the texts are compiled in.
void i18n.init({
  initAsync: false,
  lng: "en",
  fallbackLng: "en",
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  resources: { en: { translation: en }, ru: { translation: ru } },
});

function createWords(language: Language): Words {
  const translate = i18n.getFixedT(language);
  return { language, say: (key, values) => translate(key, { ...values }) };
}

const WORDS: Readonly<Record<Language, Words>> = { ru: createWords("ru"), en: createWords("en") };

export function wordsIn(language: Language): Words {
  return WORDS[language];
}

/** The language for a BCP 47 tag such as `ru-RU`: Russian for `ru`, else English. */
export function languageOf(tag: string | undefined): Language {
  return tag?.toLowerCase().split("-")[0] === "ru" ? "ru" : "en";
}

/** What one text is in every language, to recognise a menu button or a prompt that was sent earlier. */
export function inEveryLanguage(key: TextKey): string[] {
  return LANGUAGES.map((language) => WORDS[language].say(key));
}
