import { createFetch, type HttpRoute, type Logger, type Redis, type Tls } from "@refrain/mesh";
import { type Covers, createCovers } from "../covers/covers.js";
import { createFileRegistry, type FileRegistry } from "./file-registry.js";
import { type FileStore, openFileStore } from "./file-store.js";
import { openLocalHome } from "./local-home.js";
import { openParts, type Parts } from "./parts.js";
import { requestKey } from "./file-names.js";
import { createPeers, type Peers } from "./peers.js";
import { peerAddress } from "./peer-address.js";
import type { Bucket } from "./s3-client.js";
import { serveFiles } from "./serve-files.js";
import { turnAlone } from "./turn-alone.js";

export interface OpenFilesOptions {
  /** Where stored files lie. */
  blobs: { kind: "folder"; folder: string } | ({ kind: "bucket" } & Bucket);
  /** Of covers that a library shows. */
  coversFolder: string;
  /** Of what is on its way; several replicas may share it. */
  partsFolder: string;
  /** Bound of stored files together, and of what cut fetches leave. */
  maxBytes: number;
  /** Stored files that nobody has used for so long go; 0 = never. */
  maxAgeMs: number;
  /** Where ffmpeg is looked for. */
  toolPath: string;
  logger: Logger;
  /** Undefined: this replica is the only one. */
  redis: Redis | undefined;
  /** Key that replicas ask each other with. */
  key: string;
  tls: Tls | undefined;
  /** Milliseconds since 1970. Default: the clock of the machine. */
  now?: (() => number) | undefined;
  /** How often a replica says that it lives, in milliseconds. Default: 5,000. */
  beatMs?: number | undefined;
}

/** All that music keeps of audio and pictures. */
export interface Files {
  readonly store: FileStore;
  readonly covers: Covers;
  readonly parts: Parts;
  /** `/files/` */
  readonly route: HttpRoute;
  /** Joins the other replicas, once it is known where the HTTP door listens. @param url overrides what `bound` says */
  join(bound: string, url: string | undefined): void;
  close(): Promise<void>;
}

/** Opens store, covers and parts, and knows the other replicas. @throws StartError when another process uses the folder */
export async function openFiles(options: OpenFilesOptions): Promise<Files> {
  const { blobs, redis, logger, tls, maxBytes, maxAgeMs, now = Date.now } = options;
  const covers = await createCovers(options.coversFolder, options.toolPath);
  const parts = await openParts({ folder: options.partsFolder, maxBytes, logger });
  const home = await openHome(blobs, now);
  let registry: FileRegistry | undefined;
  const own = openFileStore({
    home,
    maxBytes,
    maxAgeMs,
    now,
    logger,
    alone: redis && home.shared ? turnAlone(redis) : undefined,
    onChange: home.shared ? undefined : async (change) => registry?.changed(change),
  });
  // In a bucket everything is found without asking, but for the covers of a library that others have.
  const contents = (signal: AbortSignal) => (home.shared ? nothing() : own.contents(signal));
  registry = redis && createFileRegistry({ redis, logger, contents, beatMs: options.beatMs });
  const peers = registry && createPeers({ registry, fetch: await createFetch(tls), key: options.key });
  return {
    store: peers && !home.shared ? withPeers(own, peers) : own,
    covers,
    parts,
    route: serveFiles({ store: own, covers, peers, logger }),
    join: (bound, url) => void own.ready.then(() => registry?.join(url ?? peerAddress(bound, tls?.identity !== undefined))),
    async close() {
      await registry?.close();
      await parts.close();
      await own.close();
    },
  };
}

async function openHome(blobs: OpenFilesOptions["blobs"], now: () => number) {
  if (blobs.kind === "folder") return openLocalHome({ folder: blobs.folder, now });
  const { openS3Home } = await import("./s3-home.js");
  return openS3Home(blobs);
}

async function* nothing(): AsyncGenerator<string> {}

/** What is stored at another replica is stored. */
function withPeers(store: FileStore, peers: Peers): FileStore {
  return {
    ...store,
    async find(request) {
      const own = await store.find(request);
      if (own) return own;
      const entry = await peers.find(requestKey(request.url, request.format));
      return entry && { file: entry.file, track: entry.track };
    },
  };
}
