import { expect, test } from "vitest";
import { matchingCommands } from "./matching-commands.js";

const all = ["mytop", "my", "play"].map((command) => ({ command, description: command }));
const names = (text: string, isOpen = false) => matchingCommands(all, text, isOpen).map(({ command }) => command);

test("a slash offers all, more letters fewer, the exact one first", () => {
  expect(names("/")).toEqual(["mytop", "my", "play"]);
  expect(names("/My")).toEqual(["my", "mytop"]);
  expect(names("/x")).toEqual([]);
});

test("text and arguments offer nothing, the open menu everything", () => {
  expect(names("my")).toEqual([]);
  expect(names("/my x")).toEqual([]);
  expect(names("", true)).toEqual(["mytop", "my", "play"]);
  expect(names("hello", true)).toEqual([]);
});
