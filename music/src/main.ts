import { runService } from "@refrain/mesh";
import { readConfig } from "./config.js";
import { startMusic } from "./music.js";

// Async, so that a setting that is wrong rejects like everything else that stops a start.
await runService("music", async () => startMusic(readConfig()));
