import { createLogger, runService } from "@refrain/mesh";
import { readConfig } from "./config.js";
import { connectServices } from "./services.js";
import { startBot } from "./start-bot.js";

await runService("bot", async () => {
  const config = readConfig();
  const logger = createLogger("bot", config.logLevel);
  return startBot({ config, services: connectServices(config, logger), logger });
});
