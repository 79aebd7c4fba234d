import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createApiKeys } from "./api-keys.js";
import { reasonOf } from "./errors/service-error.js";

const keys = createApiKeys(["bot:first-key-0123456789", "second-key-0123456789", "ops:third:with:colons-42"]);

function refusal(authorization: string | null | undefined): [Code, string | undefined] {
  try {
    keys.verify(authorization);
  } catch (error) {
    return [ConnectError.from(error).code, reasonOf(error)];
  }
  return expect.unreachable("it should have been refused");
}

test("says whose key it is, `default` for one without a name", () => {
  expect(keys.verify("Bearer first-key-0123456789")).toBe("bot");
  expect(keys.verify("bearer second-key-0123456789")).toBe("default");
  expect(keys.verify("Bearer third:with:colons-42")).toBe("ops");
});

test("clients send the first key", () => {
  expect(keys.first).toBe("first-key-0123456789");
});

test("tells a missing, a malformed and an unknown key apart", () => {
  for (const missing of [undefined, null, ""]) expect(refusal(missing)).toEqual([Code.Unauthenticated, "API_KEY_MISSING"]);
  for (const malformed of ["first-key-0123456789", "Basic first-key-0123456789", "Bearer", "Bearer a b"]) {
    expect(refusal(malformed)).toEqual([Code.Unauthenticated, "API_KEY_MALFORMED"]);
  }
  expect(refusal("Bearer first-key-012345678")).toEqual([Code.Unauthenticated, "API_KEY_INVALID"]);
});

test("accepts nothing but its keys", () => {
  fc.assert(
    fc.property(fc.string(), (given) => {
      fc.pre(!["first-key-0123456789", "second-key-0123456789", "third:with:colons-42"].includes(given));
      expect(refusal(`Bearer ${given}`)[0]).toBe(Code.Unauthenticated);
    }),
  );
});

test("a key may be 256 characters long; what begins like it and is longer is another", () => {
  const long = "k".repeat(256);
  const one = createApiKeys([`long:${long}`]);
  expect(one.verify(`Bearer ${long}`)).toBe("long");
  for (const other of [`${long}k`, long.slice(1)]) expect(() => one.verify(`Bearer ${other}`)).toThrow(/not known/);
  expect(() => createApiKeys([`${long}k`])).toThrow(/more than 256/);
});

test.each([["short"], ["bot:short"], ["bot:with a space in it"], ["кот:ключ-по-русски-0123"]])(
  "refuses to start with the key %j",
  (entry) => {
    expect(() => createApiKeys([entry])).toThrow(/16 or more visible ASCII/);
  },
);
