import { join } from "node:path";
import type { Client } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { RedisProcess } from "@refrain/mesh/testing";
import { type FakeArchive, startFakeArchive } from "@refrain/music/testing";
import type { Lab } from "../lab/lab.js";
import type { ServiceProcess, Settings } from "../lab/service-process.js";
import { call, type Called, type CallerOptions } from "./caller.js";

export interface StageOptions {
  readonly replicas: number;
  /** Size of each track, in bytes. */
  readonly bytes: number;
}

/** A replica, and where its files lie. */
export interface Replica {
  readonly process: ServiceProcess;
  readonly dataDir: string;
  readonly client: Client<typeof MusicService>;
}

/** Replicas of music with a Redis and a folder of parts that they share, and an Internet Archive that counts what they fetch. */
export interface Stage {
  readonly bytes: number;
  readonly redis: RedisProcess;
  readonly archive: FakeArchive;
  readonly replicas: readonly Replica[];
  /** Numbers of tracks that nobody has asked for yet. */
  newTracks(count: number): number[];
  /** Somebody asks for a track by its number, first of the replica with this index. */
  ask(caller: Pick<CallerOptions, "userId" | "first"> & { readonly track: number }): Promise<Called>;
}

const ENTRY = "e2e/dist/replica/main.js";
const TRACKS = 500;
/** What is killed is tried again soon. */
const CIRCUIT_RESET_MS = 1_000;
/** Of a stop, before and while running calls are waited for. */
export const STOP = { graceMs: 500, drainMs: 1_000 };

/** Starts everything. What is started last ends first. */
export async function setUp(lab: Lab, { replicas: count, bytes }: StageOptions): Promise<Stage> {
  const archive = await startFakeArchive({ tracks: TRACKS, bytes });
  lab.defer(() => archive.close());
  const redis = await lab.redis();
  const settings: Settings = {
    REDIS_URL: redis.url,
    ARCHIVE_URL: archive.baseUrl,
    MUSIC_SOURCES: "ia",
    MUSIC_PARTS_DIR: join(lab.folder, "parts"),
    STOP_GRACE_MS: String(STOP.graceMs),
    STOP_DRAIN_MS: String(STOP.drainMs),
  };
  const start = async (index: number): Promise<Replica> => {
    const dataDir = join(lab.folder, `data-${index}`);
    const process = await lab.start("music", { ...settings, DATA_DIR: dataDir }, ENTRY);
    const { client } = lab.music(`ipv4:${process.address("grpc")}`, { circuitResetMs: CIRCUIT_RESET_MS });
    return { process, dataDir, client };
  };
  const replicas = await Promise.all(Array.from({ length: count }, (_, index) => start(index)));
  const clients = replicas.map(({ client }) => client);
  let given = 0;
  return {
    bytes,
    redis,
    archive,
    replicas,
    newTracks: (wanted) => Array.from({ length: wanted }, () => ++given),
    ask: ({ track, ...caller }) => call({ ...caller, clients, url: archive.trackUrl(track) }),
  };
}
