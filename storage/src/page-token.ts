import { createHash } from "node:crypto";
import { PageTokenError } from "./errors.js";
import type { Order, Position } from "./repo/saved-tracks-list.js";
import { FIRST_MS, LAST_MS } from "./timestamp-range.js";

/** What a list is of. A token made for one serves no other. */
export interface ListScope {
  readonly userId: string;
  /** Folded. */
  readonly text: string;
  readonly order: Order;
}

// One byte of version, 8 of milliseconds, 16 of id, 16 of checksum.
const VERSION = 1;
const TIME_AT = 1;
const ID_AT = 9;
const CHECKSUM_AT = 25;
const LENGTH = 41;

/**
 * Writes where a page ended. The checksum catches mistakes (another user, query or order, a cut link), not enemies: a
 * token opens nothing, for the user comes with the request. So it needs no secret, and any replica of any time reads it.
 */
export function writePageToken(position: Position, scope: ListScope): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigInt64BE(BigInt(position.at.getTime()), TIME_AT);
  bytes.write(position.id.replaceAll("-", ""), ID_AT, "hex");
  checksum(bytes, scope).copy(bytes, CHECKSUM_AT);
  return bytes.toString("base64url");
}

/** @throws {PageTokenError} when it was not written for this list, or not by us */
export function readPageToken(token: string, scope: ListScope): Position {
  const bytes = Buffer.from(token, "base64url");
  // Decoding is lenient, and a token has one spelling.
  const intact = bytes.length === LENGTH && bytes.toString("base64url") === token && bytes.readUInt8(0) === VERSION;
  if (!intact || !checksum(bytes, scope).equals(bytes.subarray(CHECKSUM_AT))) throw refused();
  const milliseconds = Number(bytes.readBigInt64BE(TIME_AT));
  if (milliseconds < FIRST_MS || milliseconds > LAST_MS) throw refused();
  return { at: new Date(milliseconds), id: toUuid(bytes.toString("hex", ID_AT, CHECKSUM_AT)) };
}

function checksum(bytes: Buffer, { userId, text, order }: ListScope): Buffer {
  return createHash("sha256")
    .update("refrain saved tracks ")
    .update(JSON.stringify([userId, text, order]))
    .update(bytes.subarray(0, CHECKSUM_AT))
    .digest()
    .subarray(0, LENGTH - CHECKSUM_AT);
}

function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function refused(): PageTokenError {
  return new PageTokenError("the page token is not one of this list: start again from the first page");
}
