import type { ReplyKeyboard as Keyboard } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";

/** The bot's keyboard below the composer: a button sends its text. */
export function ReplyKeyboard({ keyboard, onPress }: { keyboard: Keyboard; onPress: (text: string) => void }): VNode {
  return html`<div class="reply-keyboard" role="group" aria-label="Bot keyboard">
    ${keyboard.keyboard.map(
      (row) => html`<div class="reply-row">
        ${row.map(
          ({ text }) => html`<button type="button" data-testid="reply-button" onClick=${() => onPress(text)}>${text}</button>`,
        )}
      </div>`,
    )}
  </div>`;
}
