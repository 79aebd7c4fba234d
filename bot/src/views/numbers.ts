import type { Words } from "../i18n/words.js";

const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;

/** `3:24`, `1:02:03`; empty for 0, which means unknown. */
export function duration(seconds: number): string {
  if (seconds <= 0) return "";
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const [first = 0, ...rest] = parts[0] ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** `4,8 МБ`, `4.8 MB`; below a megabyte `489 КБ`, `489 kB`. */
export function size(words: Words, bytes: number): string {
  const { unit, number } = scale(bytes);
  return words.say(unit, { value: number(words, bytes) });
}

/** `3,1 из 5,0 МБ`, `120 из 489 КБ`: both in the unit of the whole. */
export function amount(words: Words, doneBytes: number, totalBytes: number): string {
  return words.say("card.amount", { done: scale(totalBytes).number(words, doneBytes), total: size(words, totalBytes) });
}

/** The unit that suits an amount. The units are ours: ICU's Russian kilobyte has a Latin letter in it. */
function scale(bytes: number) {
  const small = bytes < MEGABYTE;
  const format = small ? ({ maximumFractionDigits: 0 } as const) : oneDigit;
  const number = ({ language }: Words, value: number) =>
    new Intl.NumberFormat(language, format).format(value / (small ? KILOBYTE : MEGABYTE));
  return { unit: small ? ("size.kb" as const) : ("size.mb" as const), number };
}

/** `820 КБ/с`, `1,2 МБ/с`; empty for 0. */
export function speed(words: Words, bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? words.say("card.speed", { size: size(words, Math.max(KILOBYTE, bytesPerSecond)) }) : "";
}

/** `≈ 12 с`, `≈ 3 мин`; empty for 0. */
export function timeLeft(words: Words, seconds: number): string {
  if (seconds <= 0) return "";
  if (seconds < 90) return words.say("card.seconds", { value: seconds });
  return words.say("card.minutes", { value: Math.round(seconds / 60) });
}

/** `62 %`, `62%`. */
export function percent({ language }: Words, share: number): string {
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

const oneDigit = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
