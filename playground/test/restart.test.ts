import { expect, test } from "vitest";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ANNA, startUnderTest, updates } from "./under-test.js";

test("a restart keeps the chat, its numbers, the unconfirmed updates and the commands", async () => {
  const before = await startUnderTest();
  await before.types(ANNA, "one");
  await before.call("sendMessage", { chat_id: ANNA, text: "two", reply_markup: { keyboard: [["k"]] } });
  await before.call("setMyCommands", { commands: [{ command: "play", description: "Play" }] });
  const [chat, pending] = [await before.chat(ANNA), await updates(before)];
  await before.close();

  const after = await startUnderTest(before.folder);
  expect(await after.chat(ANNA)).toEqual(chat);
  expect(await updates(after)).toEqual(pending);
  expect((await after.types(ANNA, "three")).message_id).toBe(3);
  expect((await updates(after)).at(-1)?.update_id).toBe((pending[0]?.update_id ?? 0) + 1);
});

test("a restart leaves the page to the bot that had it", async () => {
  const before = await startUnderTest();
  await before.call("getMe", {}, "8:first-to-come");
  await before.close();
  const after = await startUnderTest(before.folder);
  await after.types(ANNA, "hello");
  expect((await after.call("getUpdates", {}, "8:first-to-come")).result).toMatchObject([{ message: { text: "hello" } }]);
  await after.call("getMe");
  await after.types(ANNA, "for the configured bot");
  expect((await updates(after)).length).toBe(1);
});

test("after a crash no number is given out twice", async () => {
  const before = await startUnderTest();
  const [first] = [await before.types(ANNA, "one"), await before.close()];
  const path = join(before.folder, "playground", "state.json");
  const state = await readFile(path, "utf8");
  // As the file is while the server runs.
  await writeFile(path, state.replace('"isClosed":true', '"isClosed":false'));
  const after = await startUnderTest(before.folder);
  const update = (await updates(after))[0]?.update_id ?? 0;
  expect((await after.types(ANNA, "two")).message_id).toBeGreaterThan(first.message_id + 100);
  expect((await updates(after)).at(-1)?.update_id).toBeGreaterThan(update + 100);
});

test("a chat keeps its last 200 messages", async () => {
  const at = await startUnderTest();
  for (let n = 1; n <= 205; n++) await at.types(ANNA, String(n));
  const { messages } = await at.chat(ANNA);
  expect([messages.length, messages[0]?.text, messages.at(-1)?.message_id]).toEqual([200, "6", 205]);
});

test("a broken state stops the start and says which file it is", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "one");
  await at.close();
  const path = join(at.folder, "playground", "state.json");
  await writeFile(path, "{ not JSON");
  await expect(startUnderTest(at.folder)).rejects.toThrow(path);
});
