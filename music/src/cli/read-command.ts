import { parseArgs } from "node:util";

export const FORMATS = ["auto", "mp3", "m4a"] as const;
export type Format = (typeof FORMATS)[number];

/** What the person asked for. */
export type Command =
  | { kind: "help"; text: string }
  | ({ kind: "search"; query: string; sources: string[]; byArtist: boolean; limit: number } & Common)
  | ({ kind: "fetch"; what: string; format: Format; folder: string } & Common)
  | ({ kind: "sources" } & Common);

interface Common {
  /** gRPC target of a running music; undefined: what the settings say. */
  target: string | undefined;
  json: boolean;
}

/** The command line cannot be understood. The message ends without a full stop. */
export class UsageError extends Error {
  override name = "UsageError";
}

const MAX_LIMIT = 50;

const HELP = `refrain-music COMMAND: tries the sources of music, or asks a music that runs.

  search QUERY   finds tracks
  fetch WHAT     brings a track into this folder
  sources        says which sources there are, and whether they work

  --target TARGET  asks the music that runs there, such as dns:///127.0.0.1:50051, with the key of MUSIC_API_KEYS; files come
                   from MUSIC_FILES_URL. Default: MUSIC_TARGET; without it nothing has to run: the sources are opened here
  --json           prints JSON for programs
  -h, --help       shows this, or with a command, more of it

Settings are those of music: environment variables or lines of a file named .env; .env.example explains each.
Exit codes: 0 done, 1 failed, 2 not understood, 3 nothing found, 130 stopped.
`;

const SEARCH_HELP = `refrain-music search QUERY: finds tracks, best match first.

  --source NAME  asks this source alone; may be given several times
  --artist       QUERY is the name of a performer
  --limit N      at most so many, 1 to 50; default 10
  --target, --json, --help as everywhere

  refrain-music search believer --source library --limit 3
`;

const FETCH_HELP = `refrain-music fetch WHAT: brings a track, and prints where it lies.

  WHAT             a link; or a query, whose first track is meant; or a query with #N behind it: its Nth track
  --format FORMAT  mp3, m4a or auto (default): as it comes when it is one of these, else MP3
  --to FOLDER      where to; default: this folder. A file of the same name is never overwritten
  --target, --json, --help as everywhere

  refrain-music fetch 'believer#2' --to /tmp
`;

const SOURCES_HELP = `refrain-music sources: says which sources there are, and whether they work. Ends with 1 when none does.

  --target, --json, --help as everywhere
`;

const HELPS = { search: SEARCH_HELP, fetch: FETCH_HELP, sources: SOURCES_HELP } as const;
const OWN = { search: ["source", "artist", "limit"], fetch: ["format", "to"], sources: [] } as const;
type Name = keyof typeof HELPS;

const OPTIONS = {
  source: { type: "string", multiple: true },
  artist: { type: "boolean" },
  limit: { type: "string" },
  format: { type: "string" },
  to: { type: "string" },
  target: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [name, ...words] = positionals;
  if (name === undefined && (values.help === true || args.length === 0)) return { kind: "help", text: HELP };
  if (name === undefined) throw new UsageError("say what to do: search, fetch or sources");
  if (!isName(name)) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  if (values.help === true) return { kind: "help", text: HELPS[name] };
  refuseForeign(name, values);
  const common = { target: values.target, json: values.json === true };
  if (name === "search") {
    const query = text(words, "search needs a QUERY");
    const limit = readLimit(values.limit ?? "10");
    return { kind: name, query, sources: values.source ?? [], byArtist: values.artist === true, limit, ...common };
  }
  if (name === "fetch") {
    const what = text(words, "fetch needs a link or a query");
    return { kind: name, what, format: readFormat(values.format ?? "auto"), folder: values.to ?? ".", ...common };
  }
  if (words.length > 0) throw new UsageError(`sources takes no ${JSON.stringify(words[0])}`);
  return { kind: name, ...common };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  } catch (cause) {
    // Node explains at length how to escape; the first sentence says what is wrong.
    const [sentence = ""] = (cause instanceof Error ? cause.message : String(cause)).split(/\. |\n/);
    throw new UsageError(sentence.replace(/\.$/, ""), { cause });
  }
}

function refuseForeign(name: Name, values: object) {
  for (const [other, options] of Object.entries(OWN)) {
    const foreign = options.find((option) => other !== name && Reflect.get(values, option) !== undefined);
    if (foreign) throw new UsageError(`--${foreign} belongs to ${other}`);
  }
}

function text(words: readonly string[], problem: string): string {
  const joined = words.join(" ").trim();
  if (joined === "") throw new UsageError(problem);
  return joined;
}

function readLimit(value: string): number {
  const limit = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(limit >= 1 && limit <= MAX_LIMIT)) throw new UsageError(`--limit is a number from 1 to ${MAX_LIMIT}`);
  return limit;
}

function readFormat(value: string): Format {
  const format = FORMATS.find((known) => known === value.toLowerCase());
  if (!format) throw new UsageError(`--format is one of ${FORMATS.join(", ")}`);
  return format;
}

function isName(name: string): name is Name {
  return name in HELPS;
}
