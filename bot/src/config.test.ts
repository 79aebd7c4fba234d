import { ConfigError } from "@refrain/mesh";
import { expect, test } from "vitest";
import { readConfig } from "./config.js";

const REQUIRED = { BOT_TOKEN: "1:x", MUSIC_API_KEYS: "bot:key-0123456789abcdef", STORAGE_API_KEYS: "key-0123456789abcdef" };

test("token and keys are enough; the rest has defaults", () => {
  expect(readConfig(REQUIRED)).toMatchObject({
    telegram: { token: "1:x", apiUrl: "https://api.telegram.org" },
    music: { target: "dns:///127.0.0.1:50051", key: "key-0123456789abcdef", filesUrl: "http://127.0.0.1:8051" },
    storage: { target: "dns:///127.0.0.1:50052" },
    ports: { http: 8050, ops: 9050 },
  });
});

test.each(Object.keys(REQUIRED))("without %s the start stops and names it", (name) => {
  expect(() => readConfig({ ...REQUIRED, [name]: " " })).toThrow(ConfigError);
  expect(() => readConfig({ ...REQUIRED, [name]: " " })).toThrow(name);
});

test("a malformed token is refused without being repeated", () => {
  expect(() => readConfig({ ...REQUIRED, BOT_TOKEN: "my secret" })).toThrow(/^BOT_TOKEN is not a token(?!.*my secret)/);
});

test("another Bot API server loses the slash at its end", () => {
  expect(readConfig({ ...REQUIRED, TELEGRAM_API_URL: "http://127.0.0.1:8080/" }).telegram.apiUrl).toBe("http://127.0.0.1:8080");
});
