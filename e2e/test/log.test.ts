import { expect, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import { Listener } from "../src/listener.js";
import { startRefrain } from "../src/refrain.js";

const BEN = 1002;
/** The playground's bot, whose token is in the address of every call to Telegram. */
const TOKEN = "1:playground";

test("at LOG_LEVEL=info nothing that is printed holds a listener's words, a key, or a token", async () => {
  await using refrain = await (await startRefrain({ LOG_LEVEL: "info", LIBRARY_BYTES_PER_SECOND: "0" })).ready();
  const before = refrain.lines.length; // the examples that the start prints
  const printed = () => refrain.lines.slice(before);
  const ben = new Listener(refrain.page, BEN);
  await ben.say("/play secretword that nobody sings");
  await ben.sees(/secretword/, 60_000);
  await ben.say("/play https://example.org/secretlink");
  await ben.say("/play believer");
  await ben.presses("Believer", 60_000);
  await ben.hears("Believer", 60_000);
  await ben.say("/my");
  await ben.sees(({ reply_markup }) => (reply_markup?.inline_keyboard?.length ?? 0) > 0, 60_000);
  // Refused, so that there is a line about it: a wrong key in the right place, and a text that is too long.
  const door = `http://${refrain.address("music", "http")}/refrain.music.v1.MusicService/Search`;
  const ask = (key: string, query: string) =>
    fetch(door, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(10_000),
    });
  await ask("a-wrong-secret-key-0123", "secretword");
  await ask(await refrain.key("music"), "secretword".repeat(20));
  await until(() => printed().filter((line) => line.includes("MusicService/Search")).length >= 2, 60_000);
  const keys = await Promise.all([refrain.key("music"), refrain.key("storage")]);
  for (const secret of ["secretword", "secretlink", "a-wrong-secret", "eliever", TOKEN, ...keys]) {
    expect(printed().filter((line) => line.includes(secret))).toEqual([]);
  }
}, 240_000);
