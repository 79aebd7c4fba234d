import type { BotCommand } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";

/** Commands to offer: all when the menu was opened, those that fit what was typed after `/`, else none. */
export function matchingCommands(commands: readonly BotCommand[], text: string, isOpen: boolean): readonly BotCommand[] {
  const typed = /^\/([a-z0-9_]*)$/i.exec(text)?.[1];
  if (typed !== undefined) return commands.filter(({ command }) => command.startsWith(typed.toLowerCase()));
  return isOpen && text === "" ? commands : [];
}

interface Props {
  commands: readonly BotCommand[];
  /** Index of the one that Enter takes. */
  chosen: number;
  onPick: (command: BotCommand) => void;
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
          onClick=${() => onPick(command)}
        ><b>/${command.command}</b><span>${command.description}</span></button>
      </li>`,
    )}
  </ul>`;
}
