import { ConfigError, createLogger, runService } from "@refrain/mesh";
import { requiredText } from "@refrain/mesh/env";
import { readConfig, startMusic } from "@refrain/music/parts";

/** Music as it is run, but for its Internet Archive, which is on this machine. */
await runService("music", async () => {
  const archiveBaseUrl = requiredText(process.env, "ARCHIVE_URL", "http://127.0.0.1:8080");
  if (!URL.canParse(archiveBaseUrl)) throw new ConfigError("ARCHIVE_URL", "is no address", "http://127.0.0.1:8080");
  const config = readConfig();
  return startMusic(config, createLogger("music", config.logLevel), { archiveBaseUrl, allow: [new URL(archiveBaseUrl).host] });
});
