/** Longest text that the services search for, in characters. */
export const MAX_QUERY = 100;

/** A listener's text as it can be searched, or why it cannot. */
export type Query = { kind: "text"; text: string } | { kind: "empty" } | { kind: "link" } | { kind: "too long" };

/** Puts a text into one line, without characters that no title has: control characters and halves of surrogate pairs. */
export function readQuery(raw: string): Query {
  const text = raw.replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, " ").trim();
  if (text === "") return { kind: "empty" };
  if (/\bhttps?:\/\//i.test(text) || /^www\.\S+$/i.test(text)) return { kind: "link" };
  // The services count code points, JavaScript counts UTF-16 units.
  return Array.from(text).length > MAX_QUERY ? { kind: "too long" } : { kind: "text", text };
}
