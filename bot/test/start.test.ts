import { Code } from "@connectrpc/connect";
import { ConfigError, serviceError } from "@refrain/mesh";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Config } from "../src/config.js";
import { connectServices } from "../src/services.js";
import { startBot } from "../src/start-bot.js";
import { FakeTelegram, refuse } from "./fake-telegram.js";
import { TOKEN } from "./harness.js";
import { keptLog } from "./logged.js";

async function config(apiUrl: string): Promise<Config> {
  return {
    telegram: { token: TOKEN, apiUrl },
    // Nobody listens there.
    music: { target: "dns:///127.0.0.1:1", key: "a-key-0123456789", filesUrl: "http://127.0.0.1:1" },
    storage: { target: "dns:///127.0.0.1:1", key: "a-key-0123456789" },
    capacity: { connections: 100, calls: 100 },
    host: "127.0.0.1",
    ports: { http: 0, ops: 0 },
    uploadSlots: 1,
    circuitResetMs: 5_000,
    temporaryFolder: await temporaryFolder(),
    logLevel: "silent",
    traces: false,
  };
}

test("with neither service the bot starts, says ⚠️ for both, and health is degraded", async () => {
  const telegram = await FakeTelegram.start();
  const { logger, lines } = keptLog();
  const settings = await config(telegram.url);
  const bot = await startBot({ config: settings, services: connectServices(settings, logger), logger });
  onTestFinished(() => bot.close());
  await until(() => lines.filter((line) => line.includes("⚠️")).length === 2);
  telegram.push({ update_id: 1 });
  await until(() => telegram.of("getUpdates").length > 1);
  const report: unknown = await (await fetch(`http://${bot.addresses["http"]}/health`)).json();
  expect(report).toMatchObject({ status: "degraded", dependencies: { music: { ok: false }, storage: { ok: false } } });
  expect((await fetch(`http://${bot.addresses["ops"]}/readyz`)).status).toBe(200);
});

test("services that are not there hold up the start for some seconds, are told, and stop nothing", async () => {
  const telegram = await FakeTelegram.start();
  const { logger, lines } = keptLog();
  const settings = await config(telegram.url);
  const bot = await startBot({ config: settings, services: connectServices(settings, logger), logger });
  expect(lines.filter((line) => line.includes("⚠️"))).toHaveLength(2);
  expect(telegram.of("getUpdates").length).toBeGreaterThan(0); // listeners were served meanwhile
  await bot.close();
});

test("a token that Telegram does not know stops the start and names the variable", async () => {
  const telegram = await FakeTelegram.start();
  telegram.faults.set("getMe", [refuse(401, "Unauthorized")]);
  const settings = await config(telegram.url);
  const { logger } = keptLog();
  const start = startBot({ config: settings, services: connectServices(settings, logger), logger });
  await expect(start).rejects.toThrow(ConfigError);
  await expect(start).rejects.toMatchObject({ variable: "BOT_TOKEN", message: expect.not.stringContaining("secret-token") });
});

test("without Telegram the bot starts, and its log never names the token", async () => {
  const { logger, lines } = keptLog();
  const settings = await config("http://127.0.0.1:2");
  const ready = { ready: () => Promise.reject(serviceError(Code.Unavailable, "FAILED", "no")) };
  const { music, storage } = connectServices(settings, logger);
  const services = { music: { ...music, ...ready }, storage: { ...storage, ...ready } };
  const bot = await startBot({ config: settings, services, logger });
  await until(() => lines.some((line) => line.includes("no updates from Telegram")));
  await bot.close();
  expect(lines.join("\n")).toMatch(/getUpdates: (ECONNREFUSED|fetch failed)/);
  expect(lines.join("\n")).not.toContain("secret-token");
});
