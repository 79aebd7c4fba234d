import type { Words } from "../i18n/words.js";

const MEGABYTE = 1_000_000;

/** `3:24`, `1:02:03`; empty for 0, which means unknown. */
export function duration(seconds: number): string {
  if (seconds <= 0) return "";
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const [first = 0, ...rest] = parts[0] ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** `4,8 МБ`, `4.8 MB`. */
export function megabytes({ language }: Words, bytes: number): string {
  return new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", ...oneDigit }).format(bytes / MEGABYTE);
}

/** `3,1 из 5,0 МБ`. */
export function amount(words: Words, doneBytes: number, totalBytes: number): string {
  const done = new Intl.NumberFormat(words.language, oneDigit).format(doneBytes / MEGABYTE);
  return words.say("card.amount", { done, total: megabytes(words, totalBytes) });
}

/** `820 КБ/с`, `1,2 МБ/с`; empty for 0. The unit is ours: ICU's Russian one has a Latin letter in it. */
export function speed(words: Words, bytesPerSecond: number): string {
  if (bytesPerSecond <= 0) return "";
  if (bytesPerSecond < MEGABYTE) {
    const value = new Intl.NumberFormat(words.language, { maximumFractionDigits: 0 }).format(Math.max(1, bytesPerSecond / 1000));
    return words.say("card.speed_kb", { value });
  }
  const value = new Intl.NumberFormat(words.language, oneDigit).format(bytesPerSecond / MEGABYTE);
  return words.say("card.speed_mb", { value });
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
