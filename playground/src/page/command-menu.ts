import type { BotCommand } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";

interface Props {
  commands: readonly BotCommand[];
  /** Index of the one that Enter takes. */
  chosen: number;
  onPick: (name: string) => void;
}

export function CommandMenu({ commands, chosen, onPick }: Props): VNode {
  return html`<ul class="command-menu" data-testid="command-menu" role="listbox" aria-label="Commands">
    ${commands.map(
      (command, index) => html`<li role="option" aria-selected=${index === chosen} key=${command.command}>
        <button
          type="button"
          class=${index === chosen ? "command chosen" : "command"}
          data-testid="command-item"
          tabindex="-1"
          onClick=${() => onPick(command.command)}
        ><b>/${command.command}</b><span>${command.description}</span></button>
      </li>`,
    )}
  </ul>`;
}
