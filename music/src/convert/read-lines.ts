import type { Readable } from "node:stream";

export interface LineReader {
  /** A line is not kept beyond so many characters. */
  maxCharacters: number;
  onLine: (line: string) => void;
  /** A line is longer than that; nothing is read on. Called once. */
  onTooLong: () => void;
}

/** Splits a stream into lines. Node's own readline would keep a line without end until there is no memory left. */
export function readLines(stream: Readable, { maxCharacters, onLine, onTooLong }: LineReader): void {
  let parts: string[] = [];
  let kept = 0;
  let stopped = false;
  const flush = (last: string) => {
    const line = parts.length === 0 ? last : [...parts, last].join("");
    parts = [];
    kept = 0;
    onLine(line);
  };
  stream.setEncoding("utf8").on("data", (text: string) => {
    if (stopped) return;
    const pieces = text.split("\n");
    const rest = pieces.pop() ?? "";
    for (const piece of pieces) flush(piece);
    parts.push(rest);
    kept += rest.length;
    if (kept <= maxCharacters) return;
    stopped = true;
    parts = [];
    onTooLong();
  });
  stream.on("end", () => {
    if (!stopped && kept > 0) flush("");
  });
}
