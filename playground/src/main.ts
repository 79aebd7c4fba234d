import { createLogger, runService } from "@refrain/mesh";
import { readConfig } from "./config.js";
import { startPlayground } from "./server.js";

await runService("playground", async () => {
  const config = readConfig(process.env);
  const logger = createLogger("playground", config.logLevel);
  const playground = await startPlayground({ ...config, logger });
  return { addresses: { page: playground.url }, logger, close: playground.close };
});
