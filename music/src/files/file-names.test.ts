import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseStoredName, readableName, storedName } from "./file-names.js";

const anyText = fc.string({ unit: "binary", maxLength: 400 });

test("only names that we make are names", () => {
  expect(parseStoredName(storedName("ab".repeat(32), "mp3"))).toBe("mp3");
  for (const name of ["../x.mp3", "a.mp3", `${"a".repeat(32)}.exe`, `${"A".repeat(32)}.mp3`, `${"a".repeat(32)}.mp3\n`, ""]) {
    expect(parseStoredName(name)).toBeUndefined();
  }
});

test("no text that leads elsewhere is a name", () => {
  const pieces = fc.constantFrom("..", "/", "\\", "%2e%2e", "%2f", "\0", ".mp3", "a".repeat(32), ".");
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, anyText), { maxLength: 6 }), (parts) => {
      const name = parts.join("");
      if (parseStoredName(name)) expect(name).toMatch(/^[0-9a-f]{32}\.(mp3|m4a|jpg)$/);
    }),
  );
});

test("a readable name is never a path, whatever the tags say", () => {
  fc.assert(
    fc.property(anyText, anyText, (artist, title) => {
      const name = readableName(artist, title, "mp3");
      expect(name).toMatch(/^[^/\\:*?"<>|\p{Cc}\p{Cf}]+\.mp3$/u);
      expect(name).not.toMatch(/^\./);
      expect(Buffer.byteLength(name)).toBeLessThan(900);
    }),
  );
});

test.each([
  ["AC/DC", "T.N.T.", "AC DC - T.N.T.mp3"],
  ["", "Тихий дождь", "Тихий дождь.mp3"],
  ["", "", "track.mp3"],
  ["..", "../../etc/passwd", "etc passwd.mp3"],
])("“%s” and “%s” make %s", (artist, title, name) => {
  expect(readableName(artist, title, "mp3")).toBe(name);
});
