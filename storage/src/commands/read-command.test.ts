import { StartError } from "@refrain/mesh/env";
import { expect, test } from "vitest";
import { readCommand } from "./read-command.js";

test.each([
  [[], { kind: "serve" }],
  [["serve"], { kind: "serve" }],
  [["migrate"], { kind: "migrate" }],
  [["import", "--from", "data"], { kind: "import", from: "data" }],
  [["--help"], { kind: "help" }],
  [["migrate", "-h"], { kind: "help" }],
])("%j asks for %j", (args, command) => {
  expect(readCommand(args)).toEqual(command);
});

test.each([
  [["migrat"], /no command "migrat"/],
  [["migrate", "serve"], /one command at a time/],
  [["import"], /needs --from DIR/],
  [["import", "--from", ""], /needs --from DIR/],
  [["migrate", "--from", "data"], /--from belongs to import/],
  [["--form", "data"], /Unknown option '--form'/],
])("%j is refused in one line that says where to look", (args, says) => {
  const read = () => readCommand(args);
  expect(read).toThrow(StartError);
  expect(read).toThrow(says);
  expect(read).toThrow(/^[^\n]* See storage --help$/);
});
