import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** `npm run leaks` makes 10,000 of each kind. */
const CALLS = 200;

test("calls of every kind leave no stream, timer, socket or listener behind", { timeout: 240_000 }, async () => {
  const main = fileURLToPath(new URL("leaks/main.ts", import.meta.url));
  const flags = ["--no-warnings=ExperimentalWarning", "--expose-gc", "--import", "tsx", "--conditions=@refrain/source"];
  // It ends with 1 when something is left: its table says what.
  const run = promisify(execFile)(process.execPath, [...flags, main, String(CALLS)]);
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const left = stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/).at(-1));
  expect(left).toEqual(Array.from({ length: 12 }, () => "nothing"));
});
