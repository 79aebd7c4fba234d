import { type Language, LANGUAGES } from "../i18n/words.js";

/** The two ways to search, as the first letter says it in a button. */
export type SearchKind = "query" | "artist";

export const MENU_ITEMS = ["search", "artist", "collection", "language", "help"] as const;
export type MenuItem = (typeof MENU_ITEMS)[number];

/** The longest id of a saved track that fits into a button; a longer one gets no ✖. */
const MAX_ID_BYTES = 55;
const KEY = "[A-Za-z0-9_-]{22}";
const PAGE = "[1-9][0-9]{0,3}";

/** Callback data, at most 64 bytes each. Each has its pattern below: what matches none is an old or a forged button. */
export const button = {
  track: (key: string) => `t:${key}`,
  retry: (key: string) => `r:${key}`,
  cancel: (key: string) => `x:${key}`,
  results: (kind: SearchKind, page: number) => `p:${kind === "artist" ? "a" : "q"}:${page}`,
  collection: (page: number, editing: boolean) => `${editing ? "e" : "m"}:${page}`,
  remove: (id: string, page: number) => `d:${page}:${id}`,
  menu: (item: MenuItem) => `menu:${item}`,
  language: (language: Language) => `lang:${language}`,
  find: "find",
  /** Shows something, does nothing: the page number between the arrows. */
  nothing: "-",
} as const;

export const pattern = {
  track: new RegExp(`^t:(${KEY})$`),
  retry: new RegExp(`^r:(${KEY})$`),
  cancel: new RegExp(`^x:(${KEY})$`),
  results: new RegExp(`^p:([qa]):(${PAGE})$`),
  collection: new RegExp(`^([me]):(${PAGE})$`),
  remove: new RegExp(`^d:(${PAGE}):([A-Za-z0-9_-]{1,${MAX_ID_BYTES}})$`),
  menu: new RegExp(`^menu:(${MENU_ITEMS.join("|")})$`),
  language: new RegExp(`^lang:(${LANGUAGES.join("|")})$`),
} as const;
