/**
 * What two texts have in common that a person would call the same: Unicode-normalised (NFKC), without case, spaces collapsed.
 * Folding again changes nothing. The result has no NUL, which PostgreSQL refuses, and no lone surrogate.
 */
export function fold(text: string): string {
  let folded = text;
  // Case mapping may undo normalisation and the other way round; two rounds settle what Unicode has today.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = foldOnce(folded);
    if (next === folded) break;
    folded = next;
  }
  return folded;
}

const MAX_ROUNDS = 4;
const LONE_SURROGATE = /\p{Surrogate}/gu;

function foldOnce(text: string): string {
  return text
    .replaceAll("\u0000", "")
    .replace(LONE_SURROGATE, "\ufffd")
    .normalize("NFKC")
    .toUpperCase() // ß and SS, which have no other common form
    .toLowerCase()
    .replaceAll("ς", "σ") // the same letter at the end of a word
    .normalize("NFKC")
    .replace(/\s+/gu, " ")
    .trim();
}
