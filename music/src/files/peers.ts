import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Fetch } from "@refrain/mesh";
import { QueueUnavailableError } from "../errors.js";
import { writeFileHeaders } from "./answer-file.js";
import type { FileRegistry } from "./file-registry.js";
import type { FileStore } from "./file-store.js";
import { formatEntry, parseEntry, type StoredEntry } from "./stored-entry.js";

export interface PeersOptions {
  registry: Pick<FileRegistry, "owners">;
  fetch: Fetch;
  /** API key of the services. */
  key: string;
  /** Time for a peer's first words, in milliseconds. Default: 2,000. */
  answerMs?: number | undefined;
}

/** A file of another replica, on its way. */
interface PeerFile {
  /** Streams it through, as fast as the caller reads. */
  answer(response: ServerResponse): Promise<void>;
  /** Hangs up. */
  leave(): void;
}

/** The other replicas, which may have what this one has not. */
export interface Peers {
  /** What a request was answered with elsewhere; the file then stays there for 10 minutes at least. */
  find(key: string): Promise<StoredEntry | undefined>;
  /** Asks for a file, in the range of a caller's request; undefined when nobody has it. */
  open(name: string, request: IncomingMessage, signal: AbortSignal): Promise<PeerFile | undefined>;
}

/** Says that a replica asks. It is answered from what there is, so that no question goes in a circle. */
const PEER_HEADER = "x-refrain-peer";
const ENTRIES = "entries/";
const ANSWER_MS = 2_000;
/** A peer that sends nothing for that long, while the caller waits, is given up. */
const SILENT_MS = 30_000;
const MAX_ENTRY_BYTES = 64 * 1024;
/** Replicas that are asked for one thing. */
const MAX_ASKED = 3;
const PASSED_ON = ["range", "if-range"] as const;

export function createPeers({ registry, fetch, key, answerMs = ANSWER_MS }: PeersOptions): Peers {
  async function ask(url: string, signal: AbortSignal, method = "GET", passedOn: Record<string, string> = {}) {
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => controller.abort(new Error("a replica did not answer in time")), answerMs);
    const headers = { ...passedOn, authorization: `Bearer ${key}`, [PEER_HEADER]: "1" };
    try {
      const response = await fetch(url, { method, headers, redirect: "error", signal: controller.signal });
      return { response, controller };
    } finally {
      clearTimeout(timer);
      // The signal goes on to end the answer; an ended request does not mind.
    }
  }

  /** Asks those who should have it, one after another. */
  async function firstOf<T>(name: string, signal: AbortSignal, askOne: (address: string) => Promise<T | undefined>) {
    const owners = await registry.owners(name);
    if (!owners) throw new QueueUnavailableError("it cannot be told now which replica has it");
    for (const address of shuffled(owners).slice(0, MAX_ASKED)) {
      const found = await askOne(address).catch(() => undefined); // gone, or not yet back: the next one may have it
      if (found !== undefined) return found;
      signal.throwIfAborted();
    }
    return undefined;
  }

  return {
    find: (entryKey) =>
      firstOf(entryKey, NEVER, async (address) => {
        const { response } = await ask(`${address}/files/${ENTRIES}${entryKey}`, AbortSignal.timeout(answerMs));
        if (response.status !== 200 || Number(response.headers.get("content-length")) > MAX_ENTRY_BYTES) {
          await response.body?.cancel();
          return undefined;
        }
        return parseEntry(await response.text());
      }).catch(unknownNow),
    open: (name, request, signal) =>
      firstOf(name, signal, async (address) => {
        const headers = Object.fromEntries(PASSED_ON.flatMap((each) => textHeader(request, each)));
        const { response, controller } = await ask(`${address}/files/${name}`, signal, request.method, headers);
        const leave = () => controller.abort(new Error("not needed"));
        if (![200, 206, 416].includes(response.status)) {
          leave();
          return undefined;
        }
        return { leave, answer: (to) => passThrough(name, response, to, controller) };
      }),
  };
}

/** Whoever looks for a stored file can do without: it is fetched again. */
function unknownNow(error: unknown): undefined {
  if (!(error instanceof QueueUnavailableError)) throw error;
}

export function isPeer({ headers }: IncomingMessage): boolean {
  return headers[PEER_HEADER] !== undefined;
}

/** Tells a peer what a request was answered with. @returns false when the peer asks for something else */
export async function answerEntry(name: string, response: ServerResponse, store: Pick<FileStore, "findEntry">): Promise<boolean> {
  const key = /^entries\/([0-9a-f]{64})$/.exec(name)?.[1];
  if (key === undefined) return false;
  const entry = await store.findEntry(key);
  const text = entry ? formatEntry(entry) : "";
  response.writeHead(entry ? 200 : 404, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
  return true;
}

async function passThrough(name: string, from: Response, to: ServerResponse, controller: AbortController): Promise<void> {
  for (const header of ["content-length", "content-range"]) {
    const value = from.headers.get(header);
    if (value !== null) to.setHeader(header, value);
  }
  if (from.status !== 416) writeFileHeaders(to, name);
  to.writeHead(from.status);
  if (!from.body || to.req.method === "HEAD") return void to.end();
  const body = Readable.fromWeb(from.body);
  await pipeline(body, (chunks) => notSilent(chunks, controller), to);
}

/** Waits for each piece only so long; a caller who reads slowly costs no time, as nothing is waited for then. */
async function* notSilent(chunks: AsyncIterable<Uint8Array>, controller: AbortController): AsyncGenerator<Uint8Array> {
  const giveUp = () => controller.abort(new Error("a replica stopped sending"));
  let timer = setTimeout(giveUp, SILENT_MS);
  try {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(giveUp, SILENT_MS);
    }
  } finally {
    clearTimeout(timer);
  }
}

function textHeader({ headers }: IncomingMessage, name: (typeof PASSED_ON)[number]): [string, string][] {
  const value = headers[name];
  return typeof value === "string" ? [[name, value]] : [];
}

/** So that one that has much is not asked first by all. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

const NEVER = new AbortController().signal;
