import { badRequest } from "./api-error.js";
import type { MessageEntity } from "../shapes/bot-api.js";
import { detectEntities } from "./detect-entities.js";

/** A text as Telegram stores it: trimmed, with valid, sorted entities. */
export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

/** Telegram reads no offset beyond this. */
const MAX_BOUND = 1_000_000;

const TYPES = new Set(
  "mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre text_link text_mention custom_emoji".split(
    " ",
  ),
);
/** Types that Telegram finds by itself: a bot may name them, and they are found anew. */
const DETECTED = new Set(["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"]);

/**
 * Checks the entities against the text as Telegram does, trims the text, moves the entities along, and adds the
 * entities Telegram finds by itself. Throws an ApiError 400 in Telegram's words.
 */
export function formatText(raw: string, entities: readonly MessageEntity[]): FormattedText {
  for (const entity of entities) checkRange(raw, entity);
  const start = raw.length - raw.trimStart().length;
  const text = raw.trim();
  const kept = entities.flatMap((entity) => shift(entity, start, text.length));
  const own = kept.filter((entity) => !DETECTED.has(entity.type));
  const found = detectEntities(text).filter((entity) => !own.some((other) => blocks(other, entity)));
  return { text, entities: [...own, ...found].toSorted((a, b) => a.offset - b.offset || b.length - a.length) };
}

/** Reads the JSON of an `entities` parameter. */
export function parseEntities(json: unknown): MessageEntity[] {
  if (!Array.isArray(json)) throw badRequest("can't parse entities JSON object");
  return json.map((item: unknown) => parseEntity(item));
}

function parseEntity(item: unknown): MessageEntity {
  if (typeof item !== "object" || item === null) throw badRequest("can't parse MessageEntity: expected an Object");
  const fields = item as Record<string, unknown>;
  if (typeof fields["type"] !== "string") throw badRequest(`can't parse MessageEntity: Can't find field "type"`);
  if (!TYPES.has(fields["type"])) throw badRequest("can't parse MessageEntity: Unsupported type specified");
  const entity: MessageEntity = {
    type: fields["type"],
    offset: entityInteger(fields, "offset"),
    length: entityInteger(fields, "length"),
  };
  if (entity.type === "text_link") entity.url = linkUrl(fields["url"]);
  if (entity.type === "pre" && typeof fields["language"] === "string") entity.language = fields["language"];
  if (entity.type === "custom_emoji") entity.custom_emoji_id = String(fields["custom_emoji_id"]);
  return entity;
}

function entityInteger(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (value === undefined) throw badRequest(`can't parse MessageEntity: Can't find field "${name}"`);
  const number = typeof value === "string" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number)) {
    throw badRequest(`can't parse MessageEntity: Field "${name}" must be of type Number`);
  }
  return number;
}

function linkUrl(value: unknown): string {
  if (typeof value !== "string" || value === "") throw badRequest("entity URL '' is invalid: URL host is empty");
  if (!/^(https?|tg|ton|mailto|tel):/i.test(value) && !/^[\w-]+(\.[\w-]+)+/.test(value)) {
    throw badRequest(`entity URL '${value}' is invalid: Wrong HTTP URL`);
  }
  return value;
}

function checkRange(text: string, { offset, length }: MessageEntity): void {
  if (offset < 0 || offset > MAX_BOUND) throw badRequest(`Receive an entity with incorrect offset ${offset}`);
  if (length < 0 || length > MAX_BOUND) throw badRequest(`Receive an entity with incorrect length ${length}`);
  if (length === 0) return;
  const end = offset + length;
  if (offset > text.length) throw badRequest(`Entity begins after the end of the text at UTF-16 offset ${offset}`);
  if (end > text.length) {
    throw badRequest(`Entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`);
  }
  if (splitsSymbol(text, offset)) {
    throw badRequest(`Entity begins in a middle of a UTF-16 symbol at byte offset ${bytesBefore(text, offset)}`);
  }
  if (splitsSymbol(text, end)) {
    const at = bytesBefore(text, end);
    throw badRequest(`Entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${at}`);
  }
}

function splitsSymbol(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

/** Telegram names the byte after the symbol that was split. */
function bytesBefore(text: string, offset: number): number {
  return Buffer.byteLength(text.slice(0, offset + 1));
}

function shift(entity: MessageEntity, start: number, textLength: number): MessageEntity[] {
  const offset = Math.max(0, entity.offset - start);
  const end = Math.min(textLength, entity.offset + entity.length - start);
  return end > offset ? [{ ...entity, offset, length: end - offset }] : [];
}

/** Nothing is detected inside code and links. */
function blocks(own: MessageEntity, found: MessageEntity): boolean {
  const overlaps = own.offset < found.offset + found.length && found.offset < own.offset + own.length;
  return overlaps && ["code", "pre", "text_link", "text_mention"].includes(own.type);
}
