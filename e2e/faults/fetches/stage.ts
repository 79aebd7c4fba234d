import { join } from "node:path";
import type { Client } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { RedisProcess } from "@refrain/mesh/testing";
import { type FakeArchive, type FakeArchiveOptions, startFakeArchive } from "@refrain/music/testing";
import type { Lab } from "../lab/lab.js";
import type { ServiceProcess, Settings } from "../lab/service-process.js";
import { call, type Called, type CallerOptions } from "./caller.js";

export interface StageOptions {
  readonly replicas: number;
  /** Of the Internet Archive. */
  readonly archive: Readonly<Required<Pick<FakeArchiveOptions, "tracks" | "bytes" | "bytesPerSecond">>>;
  readonly settings?: Settings;
}

/** A replica, and where its files lie. */
export interface Replica {
  readonly process: ServiceProcess;
  readonly dataDir: string;
  readonly client: Client<typeof MusicService>;
}

/** Replicas of music with a Redis and a folder of parts that they share, and an Internet Archive that counts what they fetch. */
export interface Stage {
  readonly redis: RedisProcess;
  readonly archive: FakeArchive;
  readonly replicas: readonly Replica[];
  /** Somebody asks for a track of the archive by its number, from 1, first of the replica with this index. */
  ask(caller: Pick<CallerOptions, "userId" | "first"> & { readonly track: number }): Promise<Called>;
}

const ENTRY = "e2e/dist/replica/main.js";
/** What is killed is tried again soon. */
const CIRCUIT_RESET_MS = 1_000;

/** Starts everything. What is started last ends first. */
export async function setUp(lab: Lab, { replicas: count, archive: given, settings = {} }: StageOptions): Promise<Stage> {
  const archive = await startFakeArchive(given);
  lab.defer(() => archive.close());
  const redis = await lab.redis();
  const common = {
    REDIS_URL: redis.url,
    ARCHIVE_URL: archive.baseUrl,
    MUSIC_SOURCES: "ia",
    MUSIC_PARTS_DIR: join(lab.folder, "parts"),
    ...settings,
  };
  const replicas = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const dataDir = join(lab.folder, `data-${index}`);
      const process = await lab.start("music", { ...common, DATA_DIR: dataDir }, ENTRY);
      const { client } = lab.music(`ipv4:${process.address("grpc")}`, { circuitResetMs: CIRCUIT_RESET_MS });
      return { process, dataDir, client };
    }),
  );
  const clients = replicas.map(({ client }) => client);
  return { redis, archive, replicas, ask: ({ track, ...caller }) => call({ ...caller, clients, url: archive.trackUrl(track) }) };
}
