import type { WriteStream } from "node:tty";

type Level = "debug" | "info" | "warn" | "error";

/** Fields of a log line that a person at a terminal has no use for. */
const QUIET_FIELDS = new Set(["level", "time", "service", "msg", "request_id", "trace_id", "span_id", "pid", "hostname"]);

const COLOURS: Record<Level, string> = { debug: "\x1b[2m", info: "", warn: "\x1b[33m", error: "\x1b[31m" };
const NAME_COLOURS: Record<string, string> = {
  storage: "\x1b[34m",
  music: "\x1b[35m",
  bot: "\x1b[36m",
  playground: "\x1b[32m",
};
const RESET = "\x1b[0m";
const NAME_WIDTH = "playground".length;

/** One readable, prefixed line per event. Colours only on a terminal. */
export class Output {
  readonly #stream: NodeJS.WritableStream;
  readonly #colours: boolean;

  constructor(stream: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY">>) {
    this.#stream = stream;
    this.#colours = stream.isTTY === true;
    stream.on("error", () => {}); // the terminal is gone; the services go on until they are stopped
  }

  /** Prints a service's log line, and returns its message when it is one of ours. */
  line(name: string, line: string): string | undefined {
    const entry = parse(line);
    if (!entry) {
      this.event(name, "info", line);
      return undefined;
    }
    const message = typeof entry.msg === "string" ? entry.msg : "";
    this.event(name, levelOf(entry.level), [message, fields(entry)].filter(Boolean).join("  "));
    return message;
  }

  event(name: string, level: Level, text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    const prefix = this.#paint(NAME_COLOURS[name] ?? "", name.padEnd(NAME_WIDTH));
    this.#stream.write(`${this.#paint("\x1b[2m", time)} ${prefix} ${this.#paint(COLOURS[level], text)}\n`);
  }

  block(text: string): void {
    this.#stream.write(`\n${text}\n`);
  }

  #paint(colour: string, text: string): string {
    return this.#colours && colour ? `${colour}${text}${RESET}` : text;
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // not a log line: printed as it is
  }
}

function levelOf(level: unknown): Level {
  if (level === "warn" || level === "debug" || level === "info") return level;
  return level === "trace" ? "debug" : "error";
}

function fields(entry: Record<string, unknown>): string {
  return Object.entries(entry)
    .filter(([name]) => !QUIET_FIELDS.has(name))
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(" ");
}

/** Of an error only its message: the stack is for LOG files, where the service runs alone. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  if ("message" in value && "stack" in value) return String(value.message);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${typeof inner === "object" ? JSON.stringify(inner) : String(inner)}`)
    .join(", ");
}
