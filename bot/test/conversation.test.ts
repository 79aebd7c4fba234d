import { until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { botMessage, buttons, world } from "./harness.js";

test("/start welcomes with a menu whose buttons work in both languages", async () => {
  const { music, say, seen } = await world();
  say("/start");
  const { params } = await seen("sendMessage", "find the track");
  expect(params.reply_markup?.keyboard?.flat().map(({ text }) => text)).toEqual([
    "🔎 Search",
    "🎤 Artist",
    "🎵 My music",
    "🌐 Language",
    "❔ Help",
  ]);
  say("🎵 Моя музыка");
  await seen("editMessageText", "Nothing here yet");
  say("🔎 Search");
  await seen("sendMessage", "What should I look for?");
  expect(music.searched).toEqual([]);
});

test("/help brings the same menu under its message, and every button of it answers", async () => {
  const { say, tap, seen } = await world();
  say("/help");
  const menu = buttons(await seen("sendMessage", "/artist"));
  expect(menu.map((one) => one.callback_data)).toEqual([
    "menu:search",
    "menu:artist",
    "menu:collection",
    "menu:language",
    "menu:help",
  ]);
  for (const { callback_data } of menu) tap(callback_data);
  await seen("sendMessage", "What should I look for?");
  await seen("sendMessage", "Whose tracks");
  await seen("sendMessage", "Which language");
});

test("the phone's language is used until another is chosen, and the choice is kept", async () => {
  const { telegram, storage, say, tap, seen } = await world();
  say("/help", { id: 7, type: "private" }, { from: { id: 9, is_bot: false, first_name: "О", language_code: "ru" } });
  await seen("sendMessage", "Пришлите название");
  say("/lang");
  const choice = await seen("sendMessage", "Which language");
  expect(buttons(choice).map(({ text }) => text)).toEqual(["Русский", "English"]);
  tap("lang:ru");
  await seen("sendMessage", "Теперь я говорю по-русски.");
  await until(() => storage.languages.get("7") === "ru");
  say("/cancel");
  await seen("sendMessage", "Сейчас ничего не скачивается");
  expect(telegram.of("sendMessage").at(-1)?.params.text).toBe("Сейчас ничего не скачивается.");
});

test("a language that could not be stored holds for now, and the listener is told", async () => {
  const { storage, say, tap, seen } = await world();
  storage.isDown = true;
  tap("lang:ru");
  await seen("sendMessage", "Записать это не получилось");
  say("/cancel");
  await seen("sendMessage", "Сейчас ничего не скачивается");
});

test("the command menu is set in both languages", async () => {
  const { telegram } = await world();
  await until(() => telegram.of("setMyCommands").length === 2);
  expect(telegram.of("setMyCommands").map(({ params }) => params.language_code)).toEqual(
    expect.arrayContaining([undefined, "ru"]),
  );
});

test("buttons of an older bot and commands that do not exist get an answer", async () => {
  const { telegram, say, tap, seen } = await world();
  tap("download:123", botMessage(3));
  await seen("sendMessage", "out of date");
  say("/top");
  await seen("sendMessage", "do not know this command");
  expect(telegram.of("answerCallbackQuery")).toHaveLength(1);
});

test("/health tells of Telegram and both services", async () => {
  const { address, telegram } = await world();
  await until(() => telegram.of("getUpdates").length > 0);
  telegram.push({ update_id: 1 });
  await until(() => telegram.of("getUpdates").length > 1);
  const report: unknown = await (await fetch(`http://${address}/health`)).json();
  expect(report).toMatchObject({
    status: "healthy",
    service: "bot",
    dependencies: { telegram: { ok: true }, music: { ok: true }, storage: { ok: true } },
  });
});
