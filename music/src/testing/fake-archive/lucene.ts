/** Fields of one document, by name; texts and lists of texts. */
export type SearchDocument = Readonly<Record<string, unknown>>;

/** The query is not one that the search understands. */
export class LuceneSyntaxError extends Error {
  override name = "LuceneSyntaxError";
}

type Test = (document: SearchDocument) => boolean;

/** Fields that a word without a field is looked for in. */
const DEFAULT_FIELDS = ["title", "creator", "subject", "description", "identifier"];
/** Quoted texts may hold anything but a quote; bare words hold no syntax at all. */
const TOKEN = /\s*(?:(?<mark>[()])|(?<field>[a-z][\w-]*):|"(?<quoted>[^"\\]*)"|(?<bare>(?!-)[^\s()"\\:+!{}[\]^~*?/&|]+))/y;

/**
 * The part of the query syntax that a careful client uses: words, "phrases", field:word, field:(…), AND, OR, NOT and brackets. Anything
 * else is an error, so that a client that lets through what people type is found out.
 */
export function parseLucene(query: string): Test {
  const tokens = tokenize(query);
  let at = 0;
  const next = () => tokens[at];
  const isWord = (word: string) => next()?.bare === word;

  function parseOr(field?: string): Test {
    const parts = [parseAnd(field)];
    while (isWord("OR")) {
      at++;
      parts.push(parseAnd(field));
    }
    return (document) => parts.some((part) => part(document));
  }
  function parseAnd(field?: string): Test {
    const parts = [parseNot(field)];
    while (next() && next()?.mark !== ")" && !isWord("OR")) {
      if (isWord("AND")) at++;
      parts.push(parseNot(field));
    }
    return (document) => parts.every((part) => part(document));
  }
  function parseNot(field?: string): Test {
    if (!isWord("NOT")) return parseTerm(field);
    at++;
    const part = parseTerm(field);
    return (document) => !part(document);
  }
  function parseTerm(field?: string): Test {
    const token = next();
    at++;
    if (token?.field && next()?.field) throw new LuceneSyntaxError("a field of a field");
    if (token?.field) return parseTerm(token.field);
    if (token?.mark === "(") {
      const inner = parseOr(field);
      if (next()?.mark !== ")") throw new LuceneSyntaxError("a bracket is not closed");
      at++;
      return inner;
    }
    const text = token?.quoted ?? token?.bare;
    if (text === undefined || (token?.bare && /^(?:AND|OR|NOT)$/.test(text))) throw new LuceneSyntaxError("a word is missing");
    const phrase = ` ${wordsOf(text)} `;
    const fields = field ? [field] : DEFAULT_FIELDS;
    return (document) => fields.some((name) => valuesOf(document[name]).some((value) => ` ${wordsOf(value)} `.includes(phrase)));
  }

  const test = parseOr();
  if (at < tokens.length) throw new LuceneSyntaxError("a bracket is closed that was not opened");
  return test;
}

function tokenize(query: string) {
  const tokens: Record<string, string | undefined>[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(query);
    if (!found?.groups) throw new LuceneSyntaxError(`not understood: ${query.slice(from, from + 20)}`);
    tokens.push(found.groups);
  }
  if (tokens.length === 0) throw new LuceneSyntaxError("nothing is asked");
  return tokens;
}

function valuesOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map(String);
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).join(" ");
}
