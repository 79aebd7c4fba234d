import { render } from "preact";
import { App } from "./app.js";
import { html } from "./html.js";
import { createStore } from "./store.js";
import { restoreTheme } from "./theme.js";

const USER_KEY = "refrain.user";

restoreTheme();
const store = createStore(Number(localStorage.getItem(USER_KEY)) || 1001);
store.subscribe(() => localStorage.setItem(USER_KEY, String(store.state.userId)));
const root = document.getElementById("app");
if (root !== null) render(html`<${App} store=${store} />`, root);
