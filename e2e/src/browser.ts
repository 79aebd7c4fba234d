import { existsSync } from "node:fs";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** True: Debian's Chromium is there. */
export const hasChromium = existsSync(CHROMIUM);

/** Headless, as root, without a call to the outside, and allowed to play sound without a click. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    chromiumSandbox: false,
    args: [
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

/** The playground's page, as its user works with it. */
export class ChatPage {
  readonly page: Page;
  /** Errors that the page itself reported. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
    page.setDefaultTimeout(30_000);
  }

  async type(text: string): Promise<void> {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("send").click();
  }

  button(text: string | RegExp): Locator {
    return this.page.getByTestId("inline-button").filter({ hasText: text }).last();
  }

  message(text: string | RegExp): Locator {
    return this.page.getByTestId("message").filter({ hasText: text }).last();
  }

  get player(): Locator {
    return this.page.getByTestId("audio-player").last();
  }

  /** Seconds played and length of the last audio that was started. */
  played(): Promise<{ position: number; duration: number }> {
    return this.page.evaluate(() => {
      const playing = [...document.querySelectorAll("audio")].find((audio) => audio.currentTime > 0);
      return { position: playing?.currentTime ?? 0, duration: playing?.duration ?? 0 };
    });
  }
}
