import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { peerAddress } from "./peer-address.js";

test.each([
  ["127.0.0.1:8051", false, "http://127.0.0.1:8051"],
  ["music-0.music:8051", true, "https://music-0.music:8051"],
  ["::1:8051", false, "http://[::1]:8051"],
])("a door at %s (TLS: %s) is reached at %s", (bound, secure, address) => {
  expect(peerAddress(bound, secure)).toBe(address);
});

test("a door at all addresses of the machine is reached at one that others see", () => {
  const seen = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const [outer] = seen.filter(({ family, internal }) => family === "IPv4" && !internal);
  for (const all of ["0.0.0.0", "::"])
    expect(peerAddress(`${all}:8051`, false)).toBe(`http://${outer?.address ?? "127.0.0.1"}:8051`);
});
