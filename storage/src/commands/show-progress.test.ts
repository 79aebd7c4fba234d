import { expect, test } from "vitest";
import { showProgress } from "./show-progress.js";

/** What is shown of a table of 1,000 rows that takes so many milliseconds for each hundred. */
function shown(isTTY: boolean, eachMs: number): string {
  let written = "";
  let time = 0;
  const output = { isTTY, write: (text: string | Uint8Array) => (written += String(text)).length > 0 };
  const progress = showProgress(output, () => time);
  progress.begin("saved_tracks", 1_000);
  for (let rows = 100; rows <= 1_000; rows += 100) {
    time += eachMs;
    progress.copied(rows);
  }
  progress.end();
  return written;
}

test("a table that is copied within a second is not worth a line", () => {
  expect(shown(false, 99)).toBe("");
  expect(shown(true, 99)).toBe("");
});

test("a table that takes longer gets plain lines, every few seconds, where nobody sits at a terminal", () => {
  expect(shown(false, 1_000)).toBe(
    "saved_tracks: 100 of 1000 rows\nsaved_tracks: 600 of 1000 rows\nsaved_tracks: all 1000 rows\n",
  );
});

test("a table that takes longer gets a bar on a terminal, which makes room for the sum", () => {
  const lines = shown(true, 500).split("\r");
  expect(lines).toContain("\u001b[K██████░░░░░░░░░░░░░░░░░░░░░░░░ saved_tracks: 200 of 1000 rows");
  expect(lines.at(-1)).toBe("\u001b[Ksaved_tracks: all 1000 rows\n");
});
