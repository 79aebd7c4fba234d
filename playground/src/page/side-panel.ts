import { useState } from "preact/hooks";
import type { StateView } from "../shapes/page-api.js";
import { BreakCard } from "./break-card.js";
import { DownloadCard } from "./download-card.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { ServicesCard } from "./services-card.js";
import type { Store } from "./store.js";
import { chooseTheme, currentTheme } from "./theme.js";
import { WhoSwitch } from "./who-switch.js";

/** Beside the chat: who you are, the three cards. On a phone a drawer. */
export function SidePanel({
  view,
  store,
  isOpen,
  onClose,
}: {
  view: StateView;
  store: Store;
  isOpen: boolean;
  onClose: () => void;
}): VNode {
  const [theme, setTheme] = useState(currentTheme());
  const other = theme === "dark" ? "light" : "dark";
  const toggle = (): void => {
    chooseTheme(other);
    setTheme(other);
  };
  return html`<aside class=${isOpen ? "side open" : "side"} aria-label="Behind the scenes">
    <div class="brand">
      <span class="brand-name">Refrain</span><span class="brand-kind">playground</span>
      <button type="button" class="round" data-testid="theme-toggle" aria-label=${`Switch to ${other} theme`} onClick=${toggle}>
        <${Icon} name=${theme === "dark" ? "sun" : "moon"} />
      </button>
      <button type="button" class="round panel-button" aria-label="Back to the chat" onClick=${onClose}><${Icon} name="close" /></button>
    </div>
    <${WhoSwitch} view=${view} store=${store} />
    <${ServicesCard} services=${view.services} />
    <${DownloadCard} downloads=${view.downloads} />
    <${BreakCard} faults=${view.faults} calls=${view.calls} store=${store} />
  </aside>`;
}
