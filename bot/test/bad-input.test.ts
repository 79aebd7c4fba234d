import { until } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { track } from "./fake-services.js";
import { botMessage, messageUpdate, tapUpdate, world } from "./harness.js";
import { keptLog } from "./logged.js";

const RUNS = 60;

/** Texts as people and programs write them: all characters, commands, links, our own menu. */
const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 50 }),
  fc
    .tuple(fc.constantFrom("/play", "/artist", "/my", "/lang", "/start", "/cancel", "/help", "/x"), fc.string())
    .map(([command, rest]) => `${command} ${rest}`),
  fc.constantFrom("https://a.b", "🎵 My music", "/", "//", "/play@refrain_bot", "/play@other x", "\u0000", "\ud800", "   "),
);

/** Callback data: forged, cut, of older bots, and nearly right. */
const data = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 64 }),
  fc
    .tuple(fc.constantFrom("t:", "r:", "x:", "p:q:", "p:a:", "m:", "e:", "d:1:", "menu:", "lang:"), fc.string({ maxLength: 50 }))
    .map((parts) => parts.join("")),
  fc.constantFrom(
    `t:${track(404).key}`,
    `r:${track(404).key}`,
    `x:${track(404).key}`,
    "p:q:9999",
    "m:9999",
    "e:9999",
    "d:9999:nothing",
    "find",
    "-",
    "lang:de",
  ),
);

const message = fc.oneof(fc.constant(botMessage(5, "🔎 imagine")), fc.constant(botMessage(5, "")), fc.constant(undefined));

test("every text gets an answer", async () => {
  const { logger, lines } = keptLog();
  const { telegram } = await world({ logger });
  let id = 100_000;
  await fc.assert(
    fc.asyncProperty(text, async (written) => {
      id += 1;
      const before = telegram.of("sendMessage").length;
      telegram.push(messageUpdate(written, { id, type: "private" }));
      await until(() => telegram.of("sendMessage").length > before);
      expect(telegram.of("sendMessage").at(-1)?.params.chat_id).toBe(id);
    }),
    { numRuns: RUNS },
  );
  expect(lines.filter((line) => /could not be handled|background work failed|search failed/.test(line))).toEqual([]);
});

test("every tap is answered, whatever its button says", async () => {
  const { logger, lines } = keptLog();
  const { telegram } = await world({ logger });
  await fc.assert(
    fc.asyncProperty(data, message, async (forged, under) => {
      const update = tapUpdate(forged, under);
      telegram.push(update);
      const answered = () =>
        telegram.of("answerCallbackQuery").some(({ params }) => params["callback_query_id"] === update.callback_query.id);
      await until(answered);
    }),
    { numRuns: RUNS },
  );
  expect(lines.filter((line) => /could not be handled|background work failed|search failed/.test(line))).toEqual([]);
});
