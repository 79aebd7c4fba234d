import { useState } from "preact/hooks";
import type { MessageEntity } from "../shapes/bot-api.js";
import { html, type ComponentChildren, type VNode } from "./html.js";
import { textSegments } from "./text-segments.js";

interface Props {
  text: string;
  entities: readonly MessageEntity[] | undefined;
  /** Runs when a `/command` in the text is clicked. */
  onCommand: (command: string) => void;
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/** A text with its entities as elements. */
export function FormattedText({ text, entities, onCommand }: Props): VNode {
  const segments = textSegments(text, entities);
  const isBlock = (index: number): boolean => segments[index]?.entities.some(({ type }) => BLOCKS.has(type)) === true;
  return html`${segments.map((segment, index) => {
    // A block ends its own line: the line break after it would be an empty line.
    const shown = isBlock(index - 1) && !isBlock(index) ? segment.text.replace(/^\n/, "") : segment.text;
    return segment.entities.reduceRight<ComponentChildren>(
      (inner, entity) => wrap(entity, segment.text, inner, onCommand),
      shown,
    );
  })}`;
}

function wrap(entity: MessageEntity, text: string, inner: ComponentChildren, onCommand: Props["onCommand"]): ComponentChildren {
  switch (entity.type) {
    case "bold":
      return html`<strong>${inner}</strong>`;
    case "italic":
      return html`<em>${inner}</em>`;
    case "underline":
      return html`<u>${inner}</u>`;
    case "strikethrough":
      return html`<s>${inner}</s>`;
    case "code":
      return html`<code>${inner}</code>`;
    case "pre":
      return html`<pre>${inner}</pre>`;
    case "blockquote":
    case "expandable_blockquote":
      return html`<blockquote>${inner}</blockquote>`;
    case "spoiler":
      return html`<${Spoiler}>${inner}<//>`;
    case "bot_command":
      return html`<button type="button" class="in-text" onClick=${() => onCommand(text)}>${inner}</button>`;
    case "url":
      return link(text, inner);
    case "email":
      return link(`mailto:${text}`, inner);
    case "text_link":
      return link(entity.url ?? "", inner);
    case "mention":
    case "hashtag":
    case "cashtag":
    case "text_mention":
      return html`<span class="mention">${inner}</span>`;
    default:
      return inner;
  }
}

/** Other schemes could run script in this page. */
function link(url: string, inner: ComponentChildren): ComponentChildren {
  const href = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
  if (!/^(https?|mailto|tg|tel):/i.test(href)) return inner;
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${inner}</a>`;
}

function Spoiler({ children }: { children?: ComponentChildren }): VNode {
  const [isOpen, setOpen] = useState(false);
  const show = (): void => setOpen(true);
  if (isOpen) return html`<span>${children}</span>`;
  return html`<button type="button" class="spoiler" aria-label="Hidden text, show" onClick=${show}>${children}</button>`;
}
