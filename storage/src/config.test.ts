import { describe, expect, test } from "vitest";
import { ConfigError } from "@refrain/mesh";
import { readConfig } from "./config.js";

const KEYS = { STORAGE_API_KEYS: "bot:0123456789abcdef" };

describe("the configuration", () => {
  test("needs nothing but keys", () => {
    expect(readConfig(KEYS)).toMatchObject({
      host: "127.0.0.1",
      ports: { grpc: 50052, http: 8052, ops: 9052 },
      database: { kind: "embedded", dataDir: "./data" },
      logLevel: "info",
      callsPerSecond: 0,
      retention: { deliveriesDays: 30, choicesDays: 365, statisticsDays: 400 },
    });
  });

  test("takes a server, and how many connections to it", () => {
    const env = { ...KEYS, DATABASE_URL: " postgresql://u:p@db/refrain ", DATABASE_POOL_SIZE: "25" };
    expect(readConfig(env).database).toEqual({
      kind: "server",
      url: "postgresql://u:p@db/refrain",
      poolSize: 25,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 5_000,
    });
    expect(readConfig({ ...KEYS, DATABASE_URL: "postgres://db" }).database).toMatchObject({ poolSize: 10 });
  });

  test.each([
    ["STORAGE_API_KEYS", {}],
    ["STORAGE_PORT", { ...KEYS, STORAGE_PORT: "65536" }],
    ["STORAGE_HTTP_PORT", { ...KEYS, STORAGE_HTTP_PORT: "http" }],
    ["STORAGE_OPS_PORT", { ...KEYS, STORAGE_OPS_PORT: "-1" }],
    ["DATABASE_URL", { ...KEYS, DATABASE_URL: "mysql://db" }],
    ["DATABASE_URL", { ...KEYS, DATABASE_URL: "refrain" }],
    ["DATABASE_POOL_SIZE", { ...KEYS, DATABASE_POOL_SIZE: "0" }],
    ["DATABASE_POOL_SIZE", { ...KEYS, DATABASE_POOL_SIZE: "101" }],
    ["DATABASE_POOL_SIZE", { ...KEYS, DATABASE_POOL_SIZE: "1.5" }],
    ["DATABASE_STATEMENT_TIMEOUT_MS", { ...KEYS, DATABASE_STATEMENT_TIMEOUT_MS: "0" }],
    ["DATABASE_CONNECT_TIMEOUT_MS", { ...KEYS, DATABASE_CONNECT_TIMEOUT_MS: "5s" }],
    ["RETENTION_DELIVERIES_DAYS", { ...KEYS, RETENTION_DELIVERIES_DAYS: "0" }],
    ["RETENTION_CHOICES_DAYS", { ...KEYS, RETENTION_CHOICES_DAYS: "3651" }],
    ["RETENTION_STATISTICS_DAYS", { ...KEYS, RETENTION_STATISTICS_DAYS: "7" }],
    ["STORAGE_CALLS_PER_SECOND", { ...KEYS, STORAGE_CALLS_PER_SECOND: "-1" }],
    ["LOG_LEVEL", { ...KEYS, LOG_LEVEL: "loud" }],
  ])("names %s when it cannot work", (variable, env) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(variable);
  });

  test("does not repeat an address that it refuses: it may hold a password", () => {
    const env = { ...KEYS, DATABASE_URL: "postgresql//u:hunter2@db" };
    expect(() => readConfig(env)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
  });
});
