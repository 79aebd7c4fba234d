import { readConfig, startMusic } from "@refrain/music/parts";
import { createLogger } from "@refrain/mesh";

// The whole of music, with what no setting can say: that the Internet Archive is on this machine.
const [archiveBaseUrl = "", host = ""] = process.argv.slice(2);
const logger = createLogger("music", "warn");
const overrides = archiveBaseUrl === "" ? undefined : { allow: [host], archiveBaseUrl };
const music = await startMusic(readConfig(process.env), logger, overrides);
process.send?.({ grpc: music.addresses["grpc"] });
process.once("disconnect", () => void music.close().then(() => process.exit()));
