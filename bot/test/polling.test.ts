import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { track } from "./fake-services.js";
import { refuse } from "./fake-telegram.js";
import { messageUpdate, TOKEN, world } from "./harness.js";
import { keptLog } from "./logged.js";
import { ManualClock, settled } from "./manual-clock.js";

const texts = (calls: readonly { params: { text?: string } }[]) => calls.map(({ params }) => params.text);
const offsets = (calls: readonly { params: { offset?: number } }[]) => calls.map(({ params }) => params.offset ?? 0);

/** Waits while time passes, a tenth of a second at each look. */
const untilPassing = (clock: ManualClock, condition: () => boolean) =>
  until(async () => {
    await clock.advance(100);
    return condition();
  });

test("a chat's updates are handled in order, also when the first one is slow", async () => {
  const clock = new ManualClock();
  const { telegram } = await world({ clock });
  telegram.faults.set("sendMessage", [refuse(429, "Too Many Requests", { retry_after: 1 })]);
  telegram.push(messageUpdate("/help"), messageUpdate("/top"));
  await until(() => telegram.of("sendMessage").length === 1);
  await settled();
  expect(telegram.of("sendMessage")).toHaveLength(1);
  await untilPassing(clock, () => telegram.of("sendMessage").length === 3);
  expect(texts(telegram.of("sendMessage")).map((text) => text?.slice(0, 6))).toEqual(["Send a", "Send a", "I do n"]);
});

test("a slow chat holds back no other, and its update is not confirmed before its handler has returned", async () => {
  const clock = new ManualClock();
  const { telegram, say, seen } = await world({ clock });
  telegram.faults.set("sendMessage", ["hang"]);
  const slow = say("/help");
  await until(() => telegram.of("sendMessage").length === 1);
  const other = say("/top", { id: 8, type: "private" });
  await clock.advance(250);
  await seen("sendMessage", '"chat_id":8');
  expect(Math.max(...offsets(telegram.of("getUpdates")))).toBeLessThanOrEqual(slow);
  // After two seconds the lane goes on without that handler.
  await untilPassing(clock, () => offsets(telegram.of("getUpdates")).includes(other + 1));
  expect(clock.now()).toBeGreaterThanOrEqual(2_000);
});

test("an update that comes twice counts once", async () => {
  const { telegram, music, say, seen } = await world();
  const update = messageUpdate("believer");
  telegram.push(update, update);
  await seen("editMessageText", "Nothing found");
  telegram.push(update);
  say("/top");
  await seen("sendMessage", "do not know");
  expect(music.searched).toEqual(["believer"]);
});

test("stopping ends the long poll and the downloads at once, and confirms what was handled", async () => {
  const { telegram, music, storage, tap, close } = await world();
  storage.known.set(track(1).key, track(1));
  music.download = async function* (_url, signal) {
    yield { taskId: "task", state: DownloadState.FETCHING };
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  };
  const update = tap(`t:${track(1).key}`);
  await until(() => music.downloads.length === 1);
  const started = performance.now();
  await close();
  // Far from the 30 s of the long poll, also on a busy machine.
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(telegram.of("getUpdates").at(-1)?.params).toMatchObject({ offset: update + 1, timeout: 0 });
  expect(telegram.waiting).toEqual([]);
});

test("conflicts, proxies' pages and flood limits are waited out, with one line in the log and no token", async () => {
  const { logger, lines } = keptLog();
  const clock = new ManualClock();
  const { telegram, say, seen } = await world({ logger, clock });
  await until(() => telegram.of("getUpdates").length >= 1);
  const trouble = ["<html>Bad Gateway</html>", refuse(409, "Conflict: terminated by other getUpdates request")];
  telegram.faults.set("getUpdates", [...trouble, refuse(429, "Too Many Requests", { retry_after: 1 })]);
  say("/help");
  await untilPassing(clock, () => lines.some((line) => line.includes("answers again")));
  await seen("sendMessage", "Send a title");
  expect(lines.filter((line) => line.includes("no updates from Telegram"))).toHaveLength(1);
  expect(lines.join("\n")).not.toContain(TOKEN.split(":")[1]);
});

test("a tap is answered even when its handler fails, and the bot goes on", async () => {
  const { telegram, tap, say, seen } = await world();
  telegram.faults.set("sendMessage", [refuse(403, "Forbidden: bot was blocked by the user")]);
  tap("menu:help");
  await until(() => telegram.of("answerCallbackQuery").length === 1);
  say("/top");
  await seen("sendMessage", "do not know");
});

test("a tap is answered while its handler still waits", async () => {
  const { telegram, tap } = await world({ clock: new ManualClock() });
  telegram.faults.set("sendMessage", ["hang"]);
  const update = tap("menu:help");
  await until(() => telegram.of("answerCallbackQuery").length === 1 && telegram.of("sendMessage").length === 1);
  expect(Math.max(...offsets(telegram.of("getUpdates")))).toBeLessThanOrEqual(update);
});
