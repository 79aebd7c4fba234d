import type { InlineButton, Message } from "../shapes/bot-api.js";
import { AudioPlayer } from "./audio-player.js";
import { FormattedText } from "./formatted-text.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { bytes, timeOfDay } from "./numbers.js";

export interface BubbleProps {
  message: Message;
  /** Last of a row of one sender: it wears the tail. */
  hasTail: boolean;
  /** `row:column` of the buttons that wait for an answer. */
  waiting: ReadonlySet<string>;
  onPress: (row: number, column: number) => void;
  onCommand: (command: string) => void;
}

/** One message with its file, text, time and buttons. */
export function MessageBubble({ message, hasTail, waiting, onPress, onCommand }: BubbleProps): VNode {
  const isOut = !message.from.is_bot;
  const text = message.text ?? message.caption;
  const rows = message.reply_markup?.inline_keyboard ?? [];
  const names = [
    "message",
    isOut ? "out" : "in",
    hasTail ? "tail" : "",
    rows.length > 0 ? "with-buttons" : "",
    message.audio ? "with-audio" : "",
  ];
  return html`<div class=${names.filter(Boolean).join(" ")} data-testid="message" data-message-id=${message.message_id} data-from=${isOut ? "user" : "bot"}>
    <div class="bubble">
      ${message.reply_to_message ? html`<${Quote} message=${message.reply_to_message} />` : null}
      ${message.audio ? html`<${AudioPlayer} audio=${message.audio} />` : null}
      ${
        message.document
          ? html`<div class="document"><span class="cover"><${Icon} name="file" size=${24} /></span>
            <span>${message.document.file_name ?? "File"}<small>${bytes(message.document.file_size)}</small></span></div>`
          : null
      }
      <div class="text">
        ${
          text === undefined
            ? null
            : html`<${FormattedText} text=${text} entities=${message.entities ?? message.caption_entities} onCommand=${onCommand} />`
        }
        <span class="meta">
          ${message.edit_date && rows.length === 0 ? "edited " : ""}<time datetime=${new Date(message.date * 1000).toISOString()}>${timeOfDay(message.date)}</time>
          ${isOut ? html`<${Icon} name="read" size=${15} />` : null}
        </span>
      </div>
    </div>
    ${rows.length > 0 ? html`<${InlineKeyboard} rows=${rows} waiting=${waiting} onPress=${onPress} />` : null}
  </div>`;
}

function Quote({ message }: { message: Message }): VNode {
  const what = message.text ?? message.audio?.title ?? message.caption ?? "Message";
  return html`<div class="quote"><b>${message.from.first_name}</b><span>${what}</span></div>`;
}

type KeyboardProps = Pick<BubbleProps, "waiting" | "onPress"> & { rows: readonly InlineButton[][] };

function InlineKeyboard({ rows, waiting, onPress }: KeyboardProps): VNode {
  return html`<div class="inline-keyboard">
    ${rows.map(
      (buttons, row) => html`<div class="inline-row">
        ${buttons.map(
          (button, column) => html`<button
            type="button"
            class=${waiting.has(`${row}:${column}`) ? "inline-button waiting" : "inline-button"}
            data-testid="inline-button"
            aria-busy=${waiting.has(`${row}:${column}`)}
            onClick=${() => onPress(row, column)}
          ><span>${button.text}</span>${corner(button)}</button>`,
        )}
      </div>`,
    )}
  </div>`;
}

function corner(button: InlineButton): VNode | null {
  if (button.url !== undefined) return html`<${Icon} name="link" size=${12} />`;
  return button.copy_text === undefined ? null : html`<${Icon} name="copy" size=${12} />`;
}
