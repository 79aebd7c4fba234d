import type { TelegramMessageEntity } from "gramio";

/** A button under a message. */
export interface InlineButton {
  readonly text: string;
  /** Callback data made by `views/buttons.ts`: 1 to 64 bytes. */
  readonly data: string;
}

/** What a message shows: plain text with entities, never Markdown that a title could break. */
export interface Screen {
  readonly text: string;
  readonly entities?: TelegramMessageEntity[];
  /** Buttons under the message, by row. */
  readonly rows?: readonly (readonly InlineButton[])[];
  /** Buttons instead of the phone's keyboard, by row. Only for new messages. */
  readonly keyboard?: readonly (readonly string[])[];
  /** Opens the answer field with this hint. Only for new messages. */
  readonly askFor?: string;
}

/** A sign and a bold first line, then plain lines. Empty lines are left out. */
export function titled(sign: string, title: string, lines: readonly string[]): Pick<Screen, "text" | "entities"> {
  return {
    text: [`${sign} ${title}`, ...lines.filter((line) => line !== "")].join("\n"),
    entities: [{ type: "bold", offset: sign.length + 1, length: title.length }],
  };
}
