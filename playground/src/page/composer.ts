import { useEffect, useRef, useState } from "preact/hooks";
import type { BotCommand } from "../shapes/bot-api.js";
import type { ChatView } from "../shapes/page-api.js";
import { CommandMenu, matchingCommands } from "./command-menu.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { ReplyKeyboard } from "./reply-keyboard.js";

const MAX_HEIGHT_PIXELS = 140;

interface Props {
  chat: ChatView;
  onSend: (text: string) => void;
  onUnblock: () => void;
}

/** Where the person types: commands on the left, keyboard and send on the right, the bot's keyboard below. */
export function Composer({ chat, onSend, onUnblock }: Props): VNode {
  const [text, setText] = useState("");
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isKeyboardShown, setKeyboardShown] = useState(true);
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const commands = matchingCommands(chat.commands, text, isMenuOpen);

  useEffect(() => setKeyboardShown(true), [chat.keyboard]);
  useEffect(() => setChosen(0), [text, isMenuOpen]);
  useEffect(() => {
    if (field.current === null) return;
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, MAX_HEIGHT_PIXELS)}px`;
  }, [text]);

  const send = (value: string): void => {
    if (value.trim() === "") return;
    onSend(value);
    setText("");
    setMenuOpen(false);
    field.current?.focus();
  };
  const pick = (command: BotCommand): void => send(`/${command.command}`);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const current = commands[chosen];
    if (commands.length > 0 && step !== 0) setChosen((chosen + step + commands.length) % commands.length);
    else if (event.key === "Escape") setMenuOpen(false);
    else if (event.key === "Tab" && current !== undefined && text.startsWith("/")) setText(`/${current.command} `);
    else if (event.key === "Enter" && !event.shiftKey) {
      if (current !== undefined && !text.includes(" ")) pick(current);
      else send(text);
    } else return;
    event.preventDefault();
  };

  if (chat.blocked) {
    return html`<div class="composer"><button type="button" class="unblock" onClick=${onUnblock}>Unblock the bot</button></div>`;
  }
  const placeholder = chat.force_reply?.input_field_placeholder ?? chat.keyboard?.input_field_placeholder ?? "Message";
  return html`<div class="composer-area">
    ${commands.length > 0 ? html`<${CommandMenu} commands=${commands} chosen=${chosen} onPick=${pick} />` : null}
    <form class="composer" onSubmit=${(event: Event) => (event.preventDefault(), send(text))}>
      <button
        type="button"
        class=${isMenuOpen ? "round on" : "round"}
        data-testid="command-menu-button"
        aria-label="Commands"
        aria-expanded=${commands.length > 0}
        disabled=${chat.commands.length === 0}
        onClick=${() => (setMenuOpen(!isMenuOpen), field.current?.focus())}
      ><${Icon} name="slash" /></button>
      <textarea
        ref=${field}
        rows="1"
        data-testid="composer"
        aria-label="Message"
        placeholder=${placeholder}
        value=${text}
        maxlength="4096"
        autocomplete="off"
        enterkeyhint="send"
        onInput=${(event: Event) => setText((event.target as HTMLTextAreaElement).value)}
        onKeyDown=${onKeyDown}
      ></textarea>
      ${
        chat.keyboard
          ? html`<button
            type="button"
            class=${isKeyboardShown ? "round on" : "round"}
            aria-label="Bot keyboard"
            aria-expanded=${isKeyboardShown}
            onClick=${() => setKeyboardShown(!isKeyboardShown)}
          ><${Icon} name="keyboard" /></button>`
          : null
      }
      <button type="submit" class="round send" data-testid="send" aria-label="Send" disabled=${text.trim() === ""}><${Icon} name="send" /></button>
    </form>
    ${chat.keyboard && isKeyboardShown ? html`<${ReplyKeyboard} keyboard=${chat.keyboard} onPress=${onSend} />` : null}
  </div>`;
}
