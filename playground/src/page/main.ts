import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import { createStore } from "./store.js";
import { restoreTheme } from "./theme.js";

const USER_KEY = "refrain.user";

restoreTheme();
const store = createStore(Number(localStorage.getItem(USER_KEY)) || 1001);
store.subscribe(() => {
  const user = store.state.view?.chat.user;
  if (user !== undefined) localStorage.setItem(USER_KEY, String(user.id));
});
const root = document.getElementById("app");
if (root !== null) render(html`<${App} store=${store} />`, root);
