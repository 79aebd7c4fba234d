import { button } from "./buttons.js";
import type { Words } from "../i18n/words.js";
import type { InlineButton } from "./screen.js";

/** `24 tracks · page 1 of 3`; without the page when there is only one. */
export function withPage(words: Words, count: string, page: number, pages: number): string {
  return pages > 1 ? `${count} · ${words.say("page.of", { page, pages })}` : count;
}

/** `‹ 2 / 5 ›`; nothing for a single page. `data` makes the callback data that leads to a page. */
export function pager(page: number, pages: number, data: (page: number) => string): InlineButton[] {
  if (pages <= 1) return [];
  const step = (text: string, to: number) => ({ text, data: to >= 1 && to <= pages ? data(to) : button.nothing });
  return [
    step(page > 1 ? "‹" : "·", page - 1),
    { text: `${page} / ${pages}`, data: button.nothing },
    step(page < pages ? "›" : "·", page + 1),
  ];
}
