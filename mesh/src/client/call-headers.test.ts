import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toHeaders, toMetadata } from "../metadata.js";
import { CallHeaders, type HeaderInit } from "./call-headers.js";

const name = fc.constantFrom("x-end-user", "x-request-id", "authorization", "traceparent", "x-part-bin");
const value = fc.stringMatching(/^[a-zA-Z0-9+/]{0,8}$/);
const entry = fc.tuple(name, value);
const given = fc.oneof(
  fc.constant(undefined),
  fc.dictionary(name, value),
  fc.array(entry),
  fc.array(entry).map((entries) => new Headers(entries)),
);

const sent = (headers: Headers) => [...toHeaders(toMetadata(headers))];

test("whether Headers are built or not, the same goes out", () => {
  fc.assert(
    fc.property(given, fc.array(entry), fc.nat(8), (init: HeaderInit, added, builtAfter) => {
      const expected = new Headers(init);
      const headers = new CallHeaders(init);
      for (const [index, [key, text]] of added.entries()) {
        if (index === builtAfter) expect([...headers.headers]).toEqual([...expected]);
        expected.set(key, text);
        headers.set(key, text);
      }
      expect([...toHeaders(headers.toMetadata())]).toEqual(sent(expected));
    }),
  );
});

test("what an interceptor writes into Headers goes out too", () => {
  const headers = new CallHeaders({ "x-end-user": "7" });
  headers.set("authorization", "Bearer key");
  headers.headers.set("x-more", "1");
  headers.headers.delete("x-end-user");
  expect([...toHeaders(headers.toMetadata())]).toEqual([
    ["authorization", "Bearer key"],
    ["x-more", "1"],
  ]);
});
