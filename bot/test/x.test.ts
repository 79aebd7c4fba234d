import { temporaryFolder } from "@refrain/mesh/testing";
import { test } from "vitest";
import { connectServices } from "../src/services.js";
import { startBot } from "../src/start-bot.js";
import { FakeTelegram } from "./fake-telegram.js";
import { TOKEN } from "./harness.js";
import { keptLog } from "./logged.js";
test("x", async () => {
  const telegram = await FakeTelegram.start();
  const config = { telegram: { token: TOKEN, apiUrl: telegram.url }, music: { target: "dns:///127.0.0.1:1", key: "a", filesUrl: "http://127.0.0.1:1" }, storage: { target: "dns:///127.0.0.1:1", key: "a" }, host: "127.0.0.1", ports: { http: 0, ops: 0 }, uploadSlots: 1, temporaryFolder: await temporaryFolder(), logLevel: "silent" };
  const { logger, lines } = keptLog();
  const bot = await startBot({ config, services: connectServices(config), logger });
  const t = performance.now();
  await bot.close();
  console.log("closed in", performance.now() - t, lines.join("\n"));
});
