import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatView } from "../shapes/page-api.js";
import { CommandMenu } from "./command-menu.js";
import { html, type VNode } from "./html.js";
import { Icon, type IconName } from "./icons.js";
import { matchingCommands } from "./matching-commands.js";
import { MessageField } from "./message-field.js";
import { ReplyKeyboard } from "./reply-keyboard.js";

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
  const field = useRef<HTMLTextAreaElement | null>(null);
  const commands = matchingCommands(chat.commands, text, isMenuOpen);
  useEffect(() => setKeyboardShown(true), [chat.keyboard]);
  useEffect(() => setChosen(0), [text, isMenuOpen]);

  const send = (value: string): void => {
    if (value.trim() === "") return;
    onSend(value);
    setText("");
    setMenuOpen(false);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const command = commands[chosen]?.command;
    if (commands.length > 0 && step !== 0) setChosen((chosen + step + commands.length) % commands.length);
    else if (event.key === "Escape") setMenuOpen(false);
    else if (event.key === "Tab" && command !== undefined && text.startsWith("/")) setText(`/${command} `);
    else if (event.key === "Enter" && !event.shiftKey) send(command === undefined ? text : `/${command}`);
    else return;
    event.preventDefault();
  };
  const openMenu = (): void => {
    setMenuOpen(!isMenuOpen);
    field.current?.focus();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    send(text);
  };

  if (chat.blocked) {
    return html`<div class="composer"><button type="button" class="unblock" onClick=${onUnblock}>Unblock the bot</button></div>`;
  }
  const placeholder = chat.force_reply?.input_field_placeholder ?? chat.keyboard?.input_field_placeholder ?? "Message";
  const toggleKeyboard = (): void => setKeyboardShown(!isKeyboardShown);
  return html`<div class="composer-area">
    ${commands.length > 0 ? html`<${CommandMenu} commands=${commands} chosen=${chosen} onPick=${(name: string) => send(`/${name}`)} />` : null}
    <form class="composer" onSubmit=${submit}>
      <${Toggle} id="command-menu-button" icon="slash" label="Commands" isOn=${isMenuOpen} isIdle=${chat.commands.length === 0} onClick=${openMenu} />
      <${MessageField} field=${field} text=${text} placeholder=${placeholder} onText=${setText} onKeyDown=${onKeyDown} />
      ${chat.keyboard ? html`<${Toggle} id="keyboard-button" icon="keyboard" label="Bot keyboard" isOn=${isKeyboardShown} onClick=${toggleKeyboard} />` : null}
      <button type="submit" class="round send" data-testid="send" aria-label="Send" disabled=${text.trim() === ""}><${Icon} name="send" /></button>
    </form>
    ${chat.keyboard && isKeyboardShown ? html`<${ReplyKeyboard} keyboard=${chat.keyboard} onPress=${onSend} />` : null}
  </div>`;
}

interface ToggleProps {
  id: string;
  icon: IconName;
  label: string;
  isOn: boolean;
  isIdle?: boolean;
  onClick: () => void;
}

function Toggle({ id, icon, label, isOn, isIdle = false, onClick }: ToggleProps): VNode {
  return html`<button
    type="button"
    class=${isOn ? "round on" : "round"}
    data-testid=${id}
    aria-label=${label}
    aria-expanded=${isOn}
    disabled=${isIdle}
    onClick=${onClick}
  ><${Icon} name=${icon} /></button>`;
}
