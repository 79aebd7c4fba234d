import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PageTokenError } from "./errors.js";
import { readPageToken, writePageToken, type ListScope } from "./page-token.js";
import { FIRST_MS, LAST_MS } from "./timestamp-range.js";

const position = fc.record({
  at: fc.date({ noInvalidDate: true, min: new Date(FIRST_MS), max: new Date(LAST_MS) }),
  id: fc.uuid(),
});
const scope: fc.Arbitrary<ListScope> = fc.record({
  userId: fc.string({ unit: "binary", maxLength: 50 }),
  text: fc.string({ unit: "binary", maxLength: 100 }),
  order: fc.constantFrom("newest" as const, "oldest" as const, "liked" as const),
});

describe("a page token", () => {
  test("brings back the position, in any process and at any time, and fits its field", () => {
    fc.assert(
      fc.property(position, scope, (at, list) => {
        const token = writePageToken(at, list);
        expect(token).toMatch(/^[A-Za-z0-9_-]{55}$/);
        expect(readPageToken(token, list)).toEqual(at);
      }),
    );
    // A token that an older replica has written. It must stay readable, or lists break while a new version rolls out.
    const old = "AQAAAZN_hFgAAAAAAAAAQACAAAAAAAAAAbU4YhntckU98Jek1bxkSz4";
    expect(old).toBe(writePageToken(KNOWN, { userId: "u", text: "", order: "newest" }));
  });

  test("serves no other list", () => {
    fc.assert(
      fc.property(position, scope, scope, (at, list, other) => {
        fc.pre(JSON.stringify(list) !== JSON.stringify(other));
        expect(() => readPageToken(writePageToken(at, list), other)).toThrow(PageTokenError);
      }),
    );
  });

  test("is refused when any character of it is another", () => {
    fc.assert(
      fc.property(position, scope, fc.nat({ max: 54 }), fc.string({ unit: "binary", maxLength: 2 }), (at, list, place, other) => {
        const token = writePageToken(at, list);
        fc.pre(token[place] !== other);
        expect(() => readPageToken(token.slice(0, place) + other + token.slice(place + 1), list)).toThrow(PageTokenError);
      }),
    );
  });

  test("is refused when any bit of it is another", () => {
    const list: ListScope = { userId: "u", text: "", order: "liked" };
    const bytes = Buffer.from(writePageToken(KNOWN, list), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const mangled = Buffer.from(bytes);
      mangled.writeUInt8(mangled.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => readPageToken(mangled.toString("base64url"), list), `bit ${bit}`).toThrow(PageTokenError);
    }
  });

  test("is refused, whatever was sent in its place", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary", maxLength: 500 }),
      fc.base64String(),
      fc.uint8Array({ maxLength: 60 }).map(toBase64),
    );
    fc.assert(
      fc.property(anything, scope, (token, list) => {
        expect(() => readPageToken(token, list)).toThrow(PageTokenError);
      }),
    );
  });
});

const KNOWN = { at: new Date("2024-12-01T00:00:00.000Z"), id: "00000000-0000-4000-8000-000000000001" };

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
