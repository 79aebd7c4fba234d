import { ConfigError } from "@refrain/mesh";
import { expect, test } from "vitest";
import { readConfig } from "./config.js";

test("needs nothing to be set", () => {
  expect(readConfig({})).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    folder: "data/playground",
    botToken: "1:playground",
    musicUrl: "http://127.0.0.1:8051",
    musicKey: undefined,
  });
});

test("sends the first of music's keys", () => {
  expect(readConfig({ MUSIC_API_KEYS: "bot:0123456789abcdef,fedcba9876543210" }).musicKey).toBe("0123456789abcdef");
});

test("names the variable that is wrong", () => {
  expect(() => readConfig({ PLAYGROUND_BOT_TOKEN: "nonsense" })).toThrow(ConfigError);
  expect(() => readConfig({ PLAYGROUND_BOT_TOKEN: "nonsense" })).toThrow(/PLAYGROUND_BOT_TOKEN.*1:playground/);
  expect(() => readConfig({ MUSIC_HTTP_URL: "ftp://x" })).toThrow("MUSIC_HTTP_URL");
});
