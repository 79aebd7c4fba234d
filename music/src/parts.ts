/** What measurements start in a process of their own. No service imports it. */
export { readConfig } from "./config.js";
export { startMusic } from "./music.js";
