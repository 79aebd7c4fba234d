import { createHash } from "node:crypto";
import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Downloads } from "../downloads/downloads.js";
import { PageTokenInvalidError } from "../errors.js";

const DEFAULT_PAGE_SIZE = 20;

export function listDownloads(downloads: Pick<Downloads, "list">): MethodImpl<typeof MusicService.method.listDownloads> {
  return async ({ pageSize, pageToken }) => {
    const after = pageToken === "" ? 0 : readToken(pageToken);
    const all = await downloads.list();
    // A task keeps its order, so that nothing is shown twice when others end between two pages.
    const rest = all.filter(({ order }) => order > after);
    const page = rest.slice(0, pageSize || DEFAULT_PAGE_SIZE);
    const last = page.at(-1);
    return {
      downloads: page.map(({ progress }) => progress),
      totalCount: all.length,
      nextPageToken: last && rest.length > page.length ? makeToken(last.order) : "",
    };
  };
}

/** Opaque, with a checksum: a token that was made up or mangled is refused instead of guessed at. */
function makeToken(order: number): string {
  return Buffer.from(`${order}.${checksum(order)}`).toString("base64url");
}

function readToken(token: string): number {
  const order = Number(/^(\d{1,15})\./.exec(Buffer.from(token, "base64url").toString())?.[1]);
  if (!Number.isInteger(order) || makeToken(order) !== token)
    throw new PageTokenInvalidError("this page token was not made here");
  return order;
}

function checksum(order: number): string {
  return createHash("sha256").update(`downloads ${order}`).digest("hex").slice(0, 12);
}
