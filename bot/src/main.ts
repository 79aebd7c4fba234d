import { runService } from "@refrain/mesh";
import { readConfig } from "./config.js";
import { connectServices } from "./services.js";
import { startBot } from "./start-bot.js";

await runService("bot", async () => {
  const config = readConfig();
  return startBot({ config, services: connectServices(config) });
});
