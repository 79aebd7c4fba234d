import type { Client as RpcClient } from "@connectrpc/connect";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { inMemoryClient } from "@refrain/mesh/testing";
import { Client, type ClientConfig, type Pool } from "pg";
import type { Clock } from "../src/clock.js";
import { openDatabase, type DatabaseOptions } from "../src/database/database.js";
import { toConnectError } from "../src/errors.js";
import { createBell, type Bell } from "../src/deliveries/bell.js";
import { createRepo, type Repo } from "../src/repo/repo.js";
import { routes } from "../src/routes.js";
import type { Counts } from "../src/statistics/counts.js";

export type StorageClient = RpcClient<typeof StorageService>;

/** Storage on one database, in this process. Tests share it, each with names of its own. */
export interface TestStorage {
  readonly pool: Pool;
  readonly repo: Repo;
  /** A client whose server has this clock, counts there and rings this bell. Default: the real time, no counts, a bell of its own. */
  client(now?: Clock, counts?: Counts, bell?: Bell): StorageClient;
  /** Connects to an empty database of the same kind. */
  emptyDatabase(): Promise<EmptyDatabase>;
  close(): Promise<void>;
}

export interface EmptyDatabase {
  readonly client: Client;
  close(): Promise<void>;
}

/** Where the suite gets its databases from. */
export interface DatabaseKind {
  options(): Promise<DatabaseOptions>;
  /** What reaches an empty database, and what ends it. */
  empty(): Promise<{ connection: ClientConfig; close(): Promise<void> }>;
  close(): Promise<void>;
}

/** The RPCs, without what goes on beside them. */
export function routesOn(
  repo: Repo,
  now: Clock = () => new Date(),
  counts: Counts = { add: () => {} },
  bell: Bell = createBell(),
) {
  return routes({ repo, now, counts, bell, cacheWritten: () => {} });
}

/** Opens storage on a database of this kind, migrated as at a start. */
export async function openTestStorage(kind: DatabaseKind): Promise<TestStorage> {
  const database = await openDatabase(await kind.options());
  const repo = createRepo(database.pool, () => {});
  return {
    pool: database.pool,
    repo,
    client: (now, counts, bell) => inMemoryClient(StorageService, routesOn(repo, now, counts, bell), toConnectError),
    emptyDatabase: () => connectToEmpty(kind),
    close: async () => {
      await repo.close();
      await database.close();
      await kind.close();
    },
  };
}

async function connectToEmpty(kind: DatabaseKind): Promise<EmptyDatabase> {
  const empty = await kind.empty();
  const client = new Client(empty.connection);
  await client.connect();
  return { client, close: () => client.end().then(() => empty.close()) };
}

/** A clock that stands still until it is moved. */
export interface TestClock {
  (): Date;
  advance(ms: number): void;
}

/** Starts now, so that rows of other tests are neither older nor newer by much. */
export function testClock(): TestClock {
  let time = Date.now();
  return Object.assign(() => new Date(time), {
    advance(ms: number) {
      time += ms;
    },
  });
}
