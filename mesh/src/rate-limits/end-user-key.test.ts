import fc from "fast-check";
import { expect, test } from "vitest";
import { endUserKey } from "./end-user-key.js";

/** What can stand before the colon of `name:key`. */
const callers = fc.oneof(
  fc.constantFrom("bot", "default"),
  fc.string({ minLength: 1 }).filter((name) => !name.includes(":")),
);
const endUsers = fc.oneof(fc.string(), fc.string({ minLength: 60, maxLength: 200 }), fc.constantFrom("", ":", "bot:1", "1"));

test("different callers and users never share a name, whatever they are called", () => {
  fc.assert(
    fc.property(callers, endUsers, callers, endUsers, (caller, user, otherCaller, otherUser) => {
      const same = caller === otherCaller && user === otherUser;
      expect(endUserKey(caller, user) === endUserKey(otherCaller, otherUser)).toBe(same);
    }),
  );
});

test("a long name cannot pass for another's hash", () => {
  const hashed = endUserKey("bot", "x".repeat(1_000)).slice("bot:".length);
  expect(endUserKey("bot", hashed)).not.toBe(`bot:${hashed}`);
});

test("a name is short, however long the user's is", () => {
  fc.assert(fc.property(endUsers, (user) => endUserKey("bot", user).length < 80));
});
