import type { StateView } from "../shapes/page-api.js";
import { html, type VNode } from "./html.js";
import { pageCalls } from "./page-calls.js";
import type { Store } from "./store.js";

const LANGUAGES: readonly [string, string][] = [
  ["ru", "Русский"],
  ["en", "English"],
  ["fr", "Français"],
  ["de", "Deutsch"],
  ["uk", "Українська"],
];

/** Whose phone this is, and the language it is set to. */
export function WhoSwitch({ view, store }: { view: StateView; store: Store }): VNode {
  const { user } = view.chat;
  const value = (event: Event): string => (event.target as HTMLSelectElement).value;
  return html`<div class="who-switch">
    <span class=${`avatar user-${user.id % 4}`} aria-hidden="true">${user.first_name.slice(0, 1)}</span>
    <label>
      <span>You are</span>
      <select data-testid="user-switch" onChange=${(event: Event) => store.switchUser(Number(value(event)))}>
        ${view.users.map(({ id, first_name }) => html`<option value=${id} selected=${id === user.id} key=${id}>${first_name}</option>`)}
      </select>
    </label>
    <label>
      <span>Telegram in</span>
      <select
        data-testid="language-switch"
        onChange=${(event: Event) => store.attempt(pageCalls.setLanguage(user.id, value(event)))}
      >
        ${LANGUAGES.map(([code, name]) => html`<option value=${code} selected=${code === user.language_code} key=${code}>${name}</option>`)}
      </select>
    </label>
  </div>`;
}
