import { styleText } from "node:util";
import type { Env } from "@refrain/mesh/env";

/** Somewhere to write. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** Colours for whoever looks: never in files and pipes, and not where NO_COLOR is set to anything. */
export function paintFor(output: Output, env: Env): (style: Style, text: string) => string {
  const isWanted = output.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return isWanted ? styleText : (_, text) => text;
}

/** One line that a terminal cannot take for a command. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** `3:24`, `1:02:03`; empty when unknown. */
export function clockTime(seconds: number): string {
  if (seconds <= 0) return "";
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** Megabytes with one digit behind the point. */
export function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
