import type { BotView } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";

/** An empty chat: what the bot says of itself, and how to begin. */
export function Welcome({ bot, onStart }: { bot: BotView; onStart: () => void }): VNode {
  return html`<div class="list-frame">
    <div class="welcome">
      <span class="avatar bot large"><${Icon} name="note" size=${40} /></span>
      <h2>${bot.first_name}</h2>
      <p>${bot.description || "This is Telegram, on your own machine. The bot on the other side does not know the difference."}</p>
      <button type="button" class="primary" data-testid="start" onClick=${onStart}>Start</button>
    </div>
  </div>`;
}
