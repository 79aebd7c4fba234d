import { useState } from "preact/hooks";
import type { BotView, ChatView } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";

const ACTIONS: Readonly<Record<string, string>> = {
  typing: "typing…",
  upload_audio: "sending audio…",
  upload_voice: "sending audio…",
  record_audio: "recording audio…",
  upload_document: "sending a file…",
  upload_photo: "sending a photo…",
};

interface Props {
  bot: BotView;
  chat: ChatView;
  isConnected: boolean;
  onClear: () => void;
  onBlock: () => void;
  onPanel: () => void;
}

/** Who one talks to, and what it is doing. */
export function ChatHeader({ bot, chat, isConnected, onClear, onBlock, onPanel }: Props): VNode {
  const [isOpen, setOpen] = useState(false);
  const pick = (work: () => void) => (): void => {
    setOpen(false);
    work();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") setOpen(false);
  };
  const onFocusOut = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (currentTarget instanceof Node && !currentTarget.contains(relatedTarget as Node | null)) setOpen(false);
  };
  const action = chat.action === null ? null : (ACTIONS[chat.action] ?? "busy…");
  const status = isConnected ? (action ?? `@${bot.username}`) : "connecting…";
  return html`<header class="chat-header">
    <span class="avatar bot"><${Icon} name="note" size=${22} /></span>
    <div class="who">
      <h1>${bot.first_name}</h1>
      <p class=${action === null ? "status" : "status busy"} data-testid="chat-status" role="status">${status}</p>
    </div>
    <div class="menu-anchor" onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      <button type="button" class="round" aria-label="Chat menu" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}><${Icon} name="more" /></button>
      ${
        isOpen
          ? html`<div class="menu" role="menu">
            <button type="button" role="menuitem" onClick=${pick(onClear)}>Clear the chat</button>
            ${chat.blocked ? null : html`<button type="button" role="menuitem" class="danger" onClick=${pick(onBlock)}>Block the bot</button>`}
          </div>`
          : null
      }
    </div>
    <button type="button" class="round panel-button" data-testid="panel-toggle" aria-label="Show the cards" onClick=${onPanel}><${Icon} name="panel" /></button>
  </header>`;
}
