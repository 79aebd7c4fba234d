import fc from "fast-check";
import { expect, test } from "vitest";
import { apiKeys } from "./api-keys.js";
import { choice, ConfigError, httpUrl, integer, list, port, requiredText, text, redisUrl, tracesEnabled } from "./env.js";

const message = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return expect.unreachable("it should have been refused");
};

test("an empty or blank value counts as unset", () => {
  for (const value of ["", "  ", undefined]) {
    expect(text({ NAME: value }, "NAME", "fallback")).toBe("fallback");
    expect(integer({ NAME: value }, "NAME", 7)).toBe(7);
    expect(message(() => requiredText({ NAME: value }, "NAME", "abc"))).toBe("NAME is not set. Example: NAME=abc");
  }
});

test("a number out of bounds, or none, is named with its bounds", () => {
  for (const value of ["-1", "65536", "80.5", "1e3", "0x10", "eighty", "٣"]) {
    expect(message(() => port({ PORT: value }, "PORT", 80))).toBe(
      `PORT must be a whole number from 0 to 65535, not ${JSON.stringify(value)}. Example: PORT=80`,
    );
  }
});

test("reads every whole number within bounds", () => {
  const reads = (number: number) => port({ PORT: ` ${number} ` }, "PORT", 1) === number;
  fc.assert(fc.property(fc.nat(65_535), reads));
});

test("any text is read or refused with a ConfigError, never another error", () => {
  const readers = [
    (env: Record<string, string>) => port(env, "X", 1),
    (env: Record<string, string>) => httpUrl(env, "X", "http://a"),
    (env: Record<string, string>) => choice(env, "X", ["a", "b"], "a"),
    (env: Record<string, string>) => apiKeys(env, "X"),
    (env: Record<string, string>) => list(env, "X", []),
    (env: Record<string, string>) => redisUrl(env, "X"),
  ];
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...readers), (value, read) => {
      try {
        read({ X: value });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
  );
});

test("a list drops what is empty", () => {
  expect(list({ X: " a, ,b ,," }, "X", [])).toEqual(["a", "b"]);
});

test("an address loses the slashes at its end, and is not repeated when it is malformed", () => {
  expect(httpUrl({ X: "https://host/base//" }, "X", "http://a")).toBe("https://host/base");
  expect(message(() => httpUrl({ X: "ftp://user:secret@host" }, "X", "http://a"))).not.toContain("secret");
});

test("an address of Redis keeps its password to itself", () => {
  expect(redisUrl({ X: " rediss://:secret@host:1/2 " }, "X")).toBe("rediss://:secret@host:1/2");
  expect(redisUrl({ X: "" }, "X")).toBeUndefined();
  for (const X of ["http://:secret@host", ":secret@host"]) expect(message(() => redisUrl({ X }, "X"))).not.toContain("secret");
});

test("a key that is too short is not repeated", () => {
  expect(message(() => apiKeys({ X: "bot:hunter2" }, "X"))).not.toContain("hunter2");
});

test("traces are exported when OpenTelemetry's address is set; a malformed one is not repeated, for it may hold a password", () => {
  expect(tracesEnabled({})).toBe(false);
  expect(tracesEnabled({ OTEL_EXPORTER_OTLP_ENDPOINT: " " })).toBe(false);
  expect(tracesEnabled({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" })).toBe(true);
  const wrong = () => tracesEnabled({ OTEL_EXPORTER_OTLP_ENDPOINT: "user:password@collector" });
  expect(wrong).toThrow(/^OTEL_EXPORTER_OTLP_ENDPOINT must be/);
  expect(wrong).not.toThrow(/password/);
});
