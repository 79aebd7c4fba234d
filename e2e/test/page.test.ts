import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import { ChatPage, hasChromium, openBrowser } from "../src/browser.js";
import { startRefrain, type Refrain } from "../src/refrain.js";

// Each test that fetches has a track of its own, so that nobody finds it fetched already.

/** `62 %` in Russian, `62%` in English. */
const PERCENT = /[1-9]\d*\s?%/;

/** Where screenshots go when somebody wants to look at them, such as for the README. */
const SCREENSHOTS = process.env.SCREENSHOTS;

describe.skipIf(!hasChromium)("in a browser", () => {
  let refrain: Refrain;
  let browser: Browser;

  beforeAll(async () => {
    // Slow enough that progress can be seen, even of a track of a third of a megabyte.
    [refrain, browser] = await Promise.all([startRefrain({ LIBRARY_BYTES_PER_SECOND: "60000" }), openBrowser()]);
    await refrain.ready();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await refrain?.[Symbol.asyncDispose]();
  });

  async function openChat(
    options: Parameters<Browser["newPage"]>[0] = { viewport: { width: 1280, height: 800 } },
    user?: string,
  ) {
    const page = await browser.newPage(options);
    onTestFinished(() => page.close());
    await page.goto(refrain.page);
    const chat = new ChatPage(page);
    await page.getByTestId("composer").waitFor();
    if (user) {
      const [id] = await page.getByTestId("user-switch").selectOption({ label: user });
      await page.locator(`[data-testid=phone][data-user-id="${id}"]`).waitFor(); // what is typed before goes to the chat before
    }
    return chat;
  }

  async function look(chat: ChatPage, name: string): Promise<void> {
    if (!SCREENSHOTS) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await chat.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  test("a listener searches, taps, watches the progress, hears the music and finds it in My music", async () => {
    const chat = await openChat(undefined, "Ben");
    await chat.type("/start");
    await chat.message(/believer/).waitFor();
    await chat.type("/play believer");
    await chat.button(/Believer/).waitFor();
    await look(chat, "search");

    await chat.button(/Believer/).click();
    await chat.message(PERCENT).waitFor();
    await look(chat, "progress");

    await chat.player.waitFor();
    await expect.poll(() => chat.message(PERCENT).count()).toBe(0); // the card has gone
    expect(await chat.player.textContent()).toContain("Believer");
    await chat.page.getByTestId("audio-play").last().click();
    await until(async () => (await chat.played()).position > 1, 20_000);
    expect((await chat.played()).duration).toBeGreaterThan(20);
    await look(chat, "audio");

    await chat.type("/my");
    await chat.button(/Believer/).waitFor();
    await look(chat, "my-music");
    expect(chat.errors).toEqual([]);
  }, 240_000);

  test("what somebody has fetched comes at once for the next one", async () => {
    const first = await openChat(undefined, "Anna");
    await first.type("winter road");
    await first.button(/Winter Road/).click();
    await first.player.filter({ hasText: "Winter Road" }).waitFor();
    const second = await openChat(undefined, "Chloé");
    await second.type("winter road");
    await second.button(/⚡/).click();
    await second.player.filter({ hasText: "Winter Road" }).waitFor({ timeout: 5_000 });
  }, 240_000);

  test("speaks the language that is chosen", async () => {
    const chat = await openChat(undefined, "Дима");
    await chat.type("/lang");
    await chat.button("English").click();
    await chat.message(/I speak English/).waitFor();
    await chat.type("/my");
    await chat.message(/My music/).waitFor();
    await chat.type("/lang");
    await chat.button("Русский").click();
    await chat.type("/my");
    await chat.message(/Моя музыка/).waitFor();
  }, 240_000);

  test("a download can be cancelled from its card", async () => {
    const chat = await openChat();
    await chat.type("тихий дождь");
    await chat.button(/Тихий дождь/).click();
    await chat.button(/Отменить/).click();
    await chat.message(/Отменено/).waitFor();
    expect(await chat.page.getByTestId("audio-player").filter({ hasText: "Тихий дождь" }).count()).toBe(0);
  }, 240_000);

  test.each([
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" as const, hasTouch: true, isMobile: true }],
    ["phone-light", { viewport: { width: 390, height: 844 }, colorScheme: "light" as const, hasTouch: true, isMobile: true }],
    ["desktop-dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" as const }],
  ])(
    "fits a %s without a sideways scroll",
    async (name, options) => {
      const chat = await openChat(options);
      await chat.type("believer");
      await chat.button(/Believer/).waitFor();
      const { scrollWidth, clientWidth } = await chat.page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(scrollWidth).toBe(clientWidth);
      await look(chat, name);
      expect(chat.errors).toEqual([]);
    },
    120_000,
  );
});
