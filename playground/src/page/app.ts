import { useEffect, useState } from "preact/hooks";
import { ChatHeader } from "./chat-header.js";
import { Composer } from "./composer.js";
import { html, type VNode } from "./html.js";
import { MessageList } from "./message-list.js";
import { pageCalls } from "./page-calls.js";
import { SidePanel } from "./side-panel.js";
import type { Store } from "./store.js";
import { Toast } from "./toast.js";
import { Welcome } from "./welcome.js";

/** The page: a phone with the chat, and what happens behind it. */
export function App({ store }: { store: Store }): VNode {
  const [{ view, toast, waiting, isConnected }, setState] = useState(store.state);
  const [isPanelOpen, setPanelOpen] = useState(false);
  useEffect(() => store.subscribe(() => setState(store.state)), [store]);
  if (view === null)
    return html`<main class="stage"><div class="phone" aria-busy="true"></div><aside class="side"></aside></main>`;

  const { chat } = view;
  const userId = chat.user.id;
  const send = (text: string): void => store.attempt(pageCalls.send(userId, text, chat.force_reply?.message_id));
  const block = (isBlocked: boolean): void => store.attempt(pageCalls.setBlocked(userId, isBlocked));
  return html`<main class="stage">
    <div class="phone" data-testid="phone" data-user-id=${userId}>
      <${ChatHeader}
        bot=${view.bot}
        chat=${chat}
        isConnected=${isConnected}
        onClear=${() => store.attempt(pageCalls.clearChat(userId))}
        onBlock=${() => block(true)}
        onPanel=${() => setPanelOpen(true)}
      />
      ${
        chat.messages.length === 0
          ? html`<${Welcome} bot=${view.bot} onStart=${() => send("/start")} />`
          : html`<${MessageList}
            key=${userId}
            messages=${chat.messages}
            waiting=${new Set(waiting.values())}
            onPress=${(id: number, row: number, column: number) => store.attempt(store.press(id, row, column))}
            onCommand=${send}
          />`
      }
      <${Composer} key=${`composer-${userId}`} chat=${chat} onSend=${send} onUnblock=${() => block(false)} />
      <${Toast} toast=${toast} onClose=${() => store.closeToast()} />
    </div>
    <${SidePanel} view=${view} store=${store} isOpen=${isPanelOpen} onClose=${() => setPanelOpen(false)} />
  </main>`;
}
