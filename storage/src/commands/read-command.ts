import { parseArgs } from "node:util";
import { StartError } from "@refrain/mesh/env";

/** What storage was started for. */
export type Command =
  | { readonly kind: "serve" | "migrate" | "help" }
  /** `from`: the DATA_DIR of an embedded database. */
  | { readonly kind: "import"; readonly from: string };

export const HELP = `storage [command]: keeps what Refrain must not lose.

  serve              answers calls until SIGTERM (the default); applies missing migrations first
  migrate            applies missing migrations and ends; any number may do so at once
  import --from DIR  copies the embedded database of DATA_DIR=DIR into the empty PostgreSQL of DATABASE_URL, all or nothing
  --help             shows this

Settings are environment variables or lines of a file named .env; .env.example explains each.
`;

/** @throws {StartError} for what it does not know, in one line */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [name = "serve", ...rest] = positionals;
  if (values.help === true) return { kind: "help" };
  if (rest.length > 0) throw usage(`one command at a time, not also ${JSON.stringify(rest[0])}`);
  if (name === "import") {
    if (values.from === undefined || values.from === "") throw usage("import needs --from DIR, the DATA_DIR to copy");
    return { kind: "import", from: values.from };
  }
  if (values.from !== undefined) throw usage("--from belongs to import");
  if (name !== "serve" && name !== "migrate") throw usage(`there is no command ${JSON.stringify(name)}`);
  return { kind: name };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { from: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw usage(error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? "") : String(error));
  }
}

function usage(problem: string): StartError {
  return new StartError(`${problem}. See storage --help`);
}
