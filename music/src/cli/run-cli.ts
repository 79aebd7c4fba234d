import { ConnectError } from "@connectrpc/connect";
import { errorMetadata, reasonOf, text } from "@refrain/mesh";
import { ConfigError, StartError } from "@refrain/mesh/env";
import { type Console, EXIT } from "./console.js";
import type { MusicAccess } from "./music-access.js";
import { type Command, readCommand, UsageError } from "./read-command.js";
import { paintFor, plain } from "./terminal.js";

/** Runs a command and returns its exit code. What fails is said in one line. Never rejects. */
export async function runCli(args: readonly string[], console: Console): Promise<number> {
  const { stdout, stderr, env, signal } = console;
  try {
    const command = readCommand(args);
    if (command.kind === "help") {
      stdout.write(command.text);
      return EXIT.done;
    }
    const access = await openMusic(command.target, console);
    try {
      return await runWith(command, access, console);
    } finally {
      await access.close();
    }
  } catch (error) {
    if (signal.aborted) {
      stderr.write("stopped\n");
      return EXIT.stopped;
    }
    const paint = paintFor(stderr, env);
    stderr.write(`${paint("red", "refrain-music:")} ${plain(describe(error))}\n`);
    return error instanceof UsageError ? EXIT.notUnderstood : EXIT.failed;
  }
}

async function openMusic(target: string | undefined, { env, signal }: Console): Promise<MusicAccess> {
  const chosen = target ?? text(env, "MUSIC_TARGET", "");
  if (chosen !== "") return (await import("./remote-music.js")).openRemoteMusic(chosen, env);
  return (await import("./local-music.js")).openLocalMusic(env, signal);
}

async function runWith(command: Exclude<Command, { kind: "help" }>, access: MusicAccess, console: Console): Promise<number> {
  switch (command.kind) {
    case "search":
      return (await import("./search.js")).search(command, access, console);
    case "fetch":
      return (await import("./fetch.js")).fetchTo(command, access, console);
    case "sources":
      return (await import("./sources.js")).sources(command, access, console);
  }
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}. See refrain-music --help`;
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { rawMessage } = ConnectError.from(error);
  const reason = reasonOf(error);
  const problem = errorMetadata(error)["problem"]?.replaceAll("_", " ");
  return [rawMessage, reason && `(${[reason, problem].filter(Boolean).join(": ")})`].filter(Boolean).join(" ");
}
