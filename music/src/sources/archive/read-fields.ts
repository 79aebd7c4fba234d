/**
 * The archive's fields are texts, numbers or lists of both, as whoever filled them in liked it. These make one thing of them, and never
 * throw.
 */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Marks that cannot be seen; those that turn the direction of writing could make a title show as another. */
const INVISIBLE = /[\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/gu;

/** All texts of a field, without empty ones. */
export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value])
    .filter((one) => typeof one === "string" || typeof one === "number")
    .map((one) => String(one).replace(INVISIBLE, "").trim())
    .filter(Boolean);
}

/** The first text of a field; empty when there is none. */
export function textOf(value: unknown): string {
  return textsOf(value)[0] ?? "";
}

/** True for what the archive writes when it means yes. */
export function isTrue(value: unknown): boolean {
  return value === true || ["true", "1"].includes(textOf(value).toLowerCase());
}

/** A size or a count; 0 when it is none. */
export function countOf(value: unknown): number {
  const count = Number(textOf(value));
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** Seconds of `351.4`, `5:51`, `1:05:51` or `00:05:51.40`; 0 when it is no length. */
export function secondsOf(value: unknown): number {
  const text = textOf(value);
  if (!/^\d{1,7}(?::\d{1,4}){0,2}(?:\.\d+)?$/.test(text)) return 0;
  return text.split(":").reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

/** The number of a track: of `3/12` and `03` it is 3; 0 when it has none. */
export function trackNumberOf(value: unknown): number {
  return Number(/^\d{1,4}/.exec(textOf(value))?.[0] ?? 0);
}
