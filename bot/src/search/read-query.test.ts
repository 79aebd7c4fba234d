import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_QUERY, readQuery } from "./read-query.js";

test("whatever is written becomes a text that the services accept, or a reason", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (raw) => {
      const query = readQuery(raw);
      if (query.kind !== "text") return;
      expect(query.text).toMatch(/^\S(.*\S)?$/s);
      expect(query.text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      expect(Array.from(query.text).length).toBeLessThanOrEqual(MAX_QUERY);
    }),
  );
});

test("a hundred characters are enough, whatever they are", () => {
  expect(readQuery("🎵".repeat(100)).kind).toBe("text");
  expect(readQuery("🎵".repeat(101)).kind).toBe("too long");
});

test("links are told apart from texts that name a site", () => {
  expect(
    ["https://youtu.be/x", "see HTTP://a.b", "www.site.com", "http", "song about www"].map((raw) => readQuery(raw).kind),
  ).toEqual(["link", "link", "link", "text", "text"]);
});
