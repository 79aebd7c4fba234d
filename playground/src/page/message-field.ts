import { useEffect, type MutableRef } from "preact/hooks";
import { html, type VNode } from "./html.js";

const MAX_HEIGHT_PIXELS = 140;

interface Props {
  field: MutableRef<HTMLTextAreaElement | null>;
  text: string;
  placeholder: string;
  onText: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** The text being typed: grows with its lines up to a height. */
export function MessageField({ field, text, placeholder, onText, onKeyDown }: Props): VNode {
  useEffect(() => {
    if (field.current === null) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, MAX_HEIGHT_PIXELS)}px`;
  }, [field, text]);
  return html`<textarea
    ref=${field}
    rows="1"
    data-testid="composer"
    aria-label="Message"
    placeholder=${placeholder}
    value=${text}
    maxlength="4096"
    autocomplete="off"
    enterkeyhint="send"
    onInput=${(event: Event) => onText((event.target as HTMLTextAreaElement).value)}
    onKeyDown=${onKeyDown}
  ></textarea>`;
}
