import { runService } from "@refrain/mesh";
import { readConfig } from "./config.js";
import { startMusic } from "./music.js";

await runService("music", () => startMusic(readConfig()));
