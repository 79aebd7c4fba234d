import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Output } from "./output.js";

function printed(isTTY: boolean, print: (output: Output) => void): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  print(new Output(stream));
  return String(stream.read() ?? "");
}

test("a log line becomes one readable line with its service in front", () => {
  const line = JSON.stringify({
    level: "info",
    time: "now",
    service: "music",
    msg: "ready",
    addresses: { grpc: "127.0.0.1:1" },
    ms: 3,
  });
  expect(printed(false, (output) => expect(output.line("music", line)).toBe("ready"))).toMatch(
    /^\d\d:\d\d:\d\d music {6}ready {2}addresses=grpc 127\.0\.0\.1:1 ms=3\n$/,
  );
});

test("an error shows its message, not its stack", () => {
  const line = JSON.stringify({
    level: "error",
    msg: "unexpected error",
    err: { type: "Error", message: "broken", stack: "at x" },
  });
  const text = printed(false, (output) => output.line("bot", line));
  expect(text).toContain("unexpected error  err=broken");
  expect(text).not.toContain("at x");
});

test.each(["plain words", "{ not json", '"text"', ""])("a line that is no log entry is printed as it is: %j", (line) => {
  expect(printed(false, (output) => expect(output.line("bot", line)).toBeUndefined())).toContain(line);
});

test("colours only on a terminal", () => {
  const print = (output: Output) => output.event("music", "error", "broken");
  expect(printed(false, print)).not.toContain("\x1b[");
  expect(printed(true, print)).toContain("\x1b[31mbroken\x1b[0m");
});
