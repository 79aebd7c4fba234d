import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Listener } from "../src/listener.js";
import { startRefrain, type Refrain } from "../src/refrain.js";

const ANNA = 1001;
const BEN = 1002;

describe("a listener who wants too much", () => {
  let refrain: Refrain;
  beforeAll(async () => {
    // The library has three tracks, so that the third is the one too many. Each takes half a minute.
    const settings = { LIBRARY_BYTES_PER_SECOND: "10000", MUSIC_RUNNING_PER_USER: "2" };
    refrain = await (await startRefrain(settings)).ready();
  }, 120_000);
  afterAll(() => refrain?.[Symbol.asyncDispose]());

  test("reads at the eleventh search of a minute when to come again, and what was found before still comes", async () => {
    const ben = new Listener(refrain.page, BEN);
    for (const letter of "abcdefghij") {
      await ben.say(`believer ${letter}`);
      await ben.sees(({ text = "" }) => text.includes(`believer ${letter}`) && /Found \d/.test(text));
    }
    await ben.say("believer k");
    const { text } = await ben.sees(/too fast/);
    expect(text).toMatch(/Please try again in \d+ seconds?\.$/);
    const before = (await ben.messages()).at(-1)?.message_id ?? 0;
    await ben.say("believer a");
    await ben.sees(({ message_id, text: found = "" }) => message_id > before && /believer a\n+Found/.test(found));
    const anna = new Listener(refrain.page, ANNA);
    await anna.say("believer k"); // nobody has found it before
    await anna.sees(/believer k\n+\S+ \d+ трек/);
  }, 120_000);

  test("reads of one download too many how many there may be", async () => {
    const anna = new Listener(refrain.page, ANNA);
    for (const title of ["Believer", "Winter Road", "Тихий дождь"]) {
      await anna.say(title);
      await anna.presses(title);
      if (title !== "Тихий дождь") await anna.sees(({ text = "" }) => text.includes(title) && /\d\s%/.test(text));
    }
    await anna.sees(/Больше 2 загрузок сразу не получится/);
  }, 120_000);
});
