import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import {
  createLogger,
  createRateLimiter,
  mount,
  runService,
  serve,
  StartError,
  startTracing,
  type Logger,
  type StartedService,
} from "@refrain/mesh";
import type { Env } from "@refrain/mesh/env";
import { startBackground } from "../background.js";
import { readConfig, type Config } from "../config.js";
import { openDatabase, type Database } from "../database/database.js";
import { UnusableDatabaseError } from "../database/unusable-database-error.js";
import { toConnectError } from "../errors.js";
import { health, isReady } from "../health.js";
import { showConnections } from "../metrics.js";
import { createRepo, type Repo } from "../repo/repo.js";
import { routes } from "../routes.js";
import { VERSION } from "../version.js";

/** Serves until a signal ends it. */
export async function serveStorage(env: Env): Promise<void> {
  await runService("storage", () => start(env));
}

async function start(env: Env): Promise<StartedService> {
  const config = readConfig(env);
  const logger = createLogger("storage", config.logLevel);
  const tracing = await startTracing({ service: "storage", version: VERSION, enabled: config.traces, logger });
  const database = await open(config, logger);
  showConnections(database.pool);
  const repo = createRepo(database.pool, (error) => logger.warn({ reason: error.message }, "a database connection broke"));
  const now = () => new Date();
  const background = startBackground({ repo, listener: database.listener, retention: config.retention, now, logger });
  const stopData = async () => {
    await background.stop();
    await repo.close();
    await database.close();
  };
  try {
    const server = await listen(config, logger, repo, routes({ repo, now, ...background }));
    const close = () => {
      background.bell.close();
      return server
        .close()
        .then(stopData)
        .then(() => tracing.stop());
    };
    return { addresses: server.addresses, logger, close };
  } catch (error) {
    await stopData();
    throw error;
  }
}

async function open(config: Config, logger: Logger): Promise<Database> {
  try {
    const database = await openDatabase(config.database);
    logger.info({ kind: config.database.kind, migrated: database.migrated }, "database open");
    return database;
  } catch (error) {
    // Expected, so a sentence and no stack.
    throw error instanceof UnusableDatabaseError ? new StartError(error.message, { cause: error }) : error;
  }
}

function listen(config: Config, logger: Logger, repo: Repo, handlers: ReturnType<typeof routes>) {
  return serve({
    name: "storage",
    version: VERSION,
    host: config.host,
    ports: config.ports,
    keys: config.keys,
    logger,
    services: [mount(StorageService, handlers)],
    toConnectError,
    health: health(repo),
    ready: (signal) => isReady(repo, signal),
    stop: config.stop,
    // Counted by each replica for itself: what it protects is the replica.
    rateLimits: { caller: createRateLimiter({ name: "caller", points: config.callsPerSecond, seconds: 1 }) },
    tls: config.tls,
    capacity: config.capacity,
  });
}
