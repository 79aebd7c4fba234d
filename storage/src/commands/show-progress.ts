import type { WriteStream } from "node:tty";
import type { CopyProgress } from "../database/copy/copy-database.js";

const PATIENCE_MS = 1_000;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 30;
const CLEAR_LINE = "\r\u001b[K";

/** Shows a copy that takes longer than a second: a bar on a terminal, a line now and then elsewhere. */
export function showProgress(
  output: Pick<WriteStream, "isTTY" | "write">,
  now: () => number = () => performance.now(),
): CopyProgress {
  const isTerminal = output.isTTY;
  let table = "";
  let total = 0;
  let showAt = 0;
  let shown = false;
  return {
    begin(name, rows) {
      [table, total, shown, showAt] = [name, rows, false, now() + PATIENCE_MS];
    },
    copied(rows) {
      if (now() < showAt) return;
      shown = true;
      showAt = now() + (isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS);
      const text = `${table}: ${rows} of ${total} rows`;
      output.write(isTerminal ? `${CLEAR_LINE}${bar(rows / total)} ${text}` : `${text}\n`);
    },
    end() {
      if (shown && isTerminal) output.write(CLEAR_LINE);
      if (shown) output.write(`${table}: all ${total} rows\n`);
    },
  };
}

function bar(part: number): string {
  const full = Math.min(BAR_WIDTH, Math.round(part * BAR_WIDTH));
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}
