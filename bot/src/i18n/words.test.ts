import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { en } from "./en.js";
import { ru } from "./ru.js";
import { languageOf, wordsIn } from "./words.js";

const PLURALS = { en: ["one", "other"], ru: ["few", "many", "one", "other"] };
const SUFFIX = /_(zero|one|two|few|many|other)$/;

/** Texts by key, and the plural forms of each. */
function byKey(texts: Readonly<Record<string, string>>) {
  const keys = new Map<string, { forms: string[]; texts: string[] }>();
  for (const [name, text] of Object.entries(texts)) {
    const form = SUFFIX.exec(name)?.[1];
    const entry = keys.get(name.replace(SUFFIX, "")) ?? { forms: [], texts: [] };
    keys.set(name.replace(SUFFIX, ""), { forms: form ? [...entry.forms, form] : entry.forms, texts: [...entry.texts, text] });
  }
  return keys;
}

const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();
const english = byKey(en);
const russian = byKey(ru);

test("both languages have every key", () => {
  expect([...russian.keys()].toSorted()).toEqual([...english.keys()].toSorted());
});

test("every text of a key has the same placeholders in both languages", () => {
  for (const [key, { texts }] of english) {
    const all = [...texts, ...(russian.get(key)?.texts ?? [])].map(placeholders);
    for (const one of all) expect([key, one]).toEqual([key, all[0]]);
  }
});

test("a key that counts has every plural form of its language", () => {
  for (const [language, keys] of [["en", english] as const, ["ru", russian] as const]) {
    for (const [key, { forms }] of keys) {
      if (forms.length > 0) expect([key, forms.toSorted()]).toEqual([key, PLURALS[language]]);
    }
  }
});

test("every key is used", () => {
  const source = sourceFiles(join(import.meta.dirname, "..")).join("\n");
  const unused = [...english.keys()].filter((key) => !key.startsWith("command.") && !source.includes(`"${key}"`));
  expect(unused).toEqual([]);
  // The command menu builds these: `command.${command}`.
  const commands = [...english.keys()].filter((key) => key.startsWith("command.") && key !== "command.unknown");
  for (const key of commands) expect(source).toContain(`"${key.slice("command.".length)}"`);
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/i18n.(en|ru)\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

test("Russian counts as Russians do", () => {
  const stopped = [1, 2, 5, 11, 21, 104].map((count) => wordsIn("ru").say("cancel.done", { count }));
  expect(stopped).toEqual([
    "Остановлена 1 загрузка.",
    "Остановлены 2 загрузки.",
    "Остановлено 5 загрузок.",
    "Остановлено 11 загрузок.",
    "Остановлена 21 загрузка.",
    "Остановлены 104 загрузки.",
  ]);
});

test("a title is inserted as it is, whatever it contains", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("{{count}}", "$t(welcome)", "<b>&amp;", "$&")),
      (track) => {
        expect(wordsIn("en").say("download.cancelled", { track })).toBe(`✖ Cancelled: ${track}`);
      },
    ),
  );
});

test("Russian phones get Russian, all others English", () => {
  expect(["ru", "ru-RU", "RU", "en", "uk", "", undefined].map(languageOf)).toEqual(["ru", "ru", "ru", "en", "en", "en", "en"]);
});
