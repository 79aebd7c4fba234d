import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { UnsupportedUrlError } from "../errors.js";
import type { AddressGuard } from "../guard/address-guard.js";
import type { HostSlots } from "./host-slots.js";
import { BadAnswerError } from "./http-errors.js";
import type { Pools } from "./pools.js";
import type { TimeLimit } from "./time-limit.js";

/** What a source answered, after all redirects. Whoever has it closes it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Leaves what was not read of it, and lets the next one ask this host. */
  close(): void;
}

export interface AskOptions {
  /** Of the source, for messages. */
  name: string;
  guard: AddressGuard;
  pools: Pools;
  slots: HostSlots;
  /** Names of hosts that may be asked, each with all below it; undefined: all that are public. */
  hosts?: readonly string[] | undefined;
  /** From when it is asked until the body begins, for each redirect. */
  answerMs: number;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** More of what a redirect says beside where to is not worth keeping the connection for. */
const REDIRECT_BODY_BYTES = 64 * 1024;

/** Asks with GET and follows redirects, each of which is checked like the first link. Time is limited while it waits for a host. */
export async function openAnswer(
  first: string,
  headers: Record<string, string>,
  options: AskOptions,
  limit: TimeLimit,
): Promise<Answer> {
  let url = check(first, options);
  for (let hop = 0; ; hop += 1) {
    const release = await options.slots.take(url.host, limit.signal);
    limit.set(options.answerMs);
    try {
      const path = `${url.pathname}${url.search}`;
      const {
        statusCode,
        headers: answered,
        body,
      } = await options.pools.of(url).request({ method: "GET", path, headers, signal: limit.signal });
      // It may break before somebody reads it, who then gets the error all the same.
      body.on("error", () => undefined);
      if (!REDIRECTS.includes(statusCode))
        return { status: statusCode, headers: answered, body, close: () => closeBody(body, release) };
      await body.dump({ limit: REDIRECT_BODY_BYTES });
      if (hop === MAX_REDIRECTS) throw new BadAnswerError(`${options.name} leads in circles`);
      url = nextUrl(url, one(answered["location"]), options);
    } catch (cause) {
      release();
      throw cause;
    } finally {
      limit.set(0);
    }
    release();
  }
}

function closeBody(body: Readable, release: () => void): void {
  body.destroy();
  release();
}

function nextUrl(from: URL, location: string | undefined, options: AskOptions): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw new BadAnswerError(`${options.name} leads nowhere`);
  const next = check(new URL(location, from).href, options);
  if (from.protocol === "https:" && next.protocol === "http:") {
    throw new UnsupportedUrlError("the link is not followed: it leads from https to http");
  }
  return next;
}

function check(text: string, { guard, hosts }: AskOptions): URL {
  const url = guard.checkUrl(text);
  if (hosts?.every((host) => url.hostname !== host && !url.hostname.endsWith(`.${host}`))) {
    throw new UnsupportedUrlError("the link is not followed: it leads to another site");
  }
  return url;
}

/** A header that has one value; of several the first. */
export function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
