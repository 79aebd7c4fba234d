import { once } from "node:events";
import type { RedisClientType } from "redis";
import type { Logger } from "../log.js";
import { RedisState } from "./redis-state.js";

/** A Redis that may be slow, or away, without slowing down whoever uses it. */
export interface Redis {
  /** Commands sent with it have no limit of time, and reject at once while there is no connection. */
  readonly client: RedisClientType;
  /**
   * Runs a command that a call waits for.
   *
   * @throws what it failed with; an Error when there is no answer in time, and at once for a second after a failure
   */
  quickly<T>(command: () => Promise<T>): Promise<T>;
  /**
   * Asks for a sign of life, however long that takes.
   *
   * @throws when there is no connection
   */
  ping(): Promise<void>;
  /** Ends the connection at once. Commands after it reject. */
  close(): void;
}

export interface RedisOptions {
  /** A call waits so long for an answer, in milliseconds. Default: 50. */
  answerMs?: number;
}

/** After a failure nobody waits for so long; then one call tries again. */
const REST_MS = 1_000;
/** A start waits so long for the first connection, and goes on without. */
const FIRST_CONNECTION_MS = 1_000;
const CONNECT_MS = 2_000;
const MIN_RECONNECT_MS = 50;
const MAX_RECONNECT_MS = 2_000;
/** Commands without an answer that are kept, while Redis says nothing and the connection stands. */
const MAX_UNANSWERED = 1_000;

/**
 * Connects to Redis, now or as soon as it is there: one that is away stops no start. What changes is logged once, never with
 * the url, which may hold a password.
 *
 * @param url `redis://user:password@host:port/database`, `rediss://` for TLS
 */
export async function openRedis(url: string, logger: Logger, { answerMs = 50 }: RedisOptions = {}): Promise<Redis> {
  // Loaded only where it is used: it takes most of a second.
  const [{ createClient }, { default: Breaker }] = await Promise.all([import("redis"), import("opossum")]);
  const state = new RedisState(logger);
  const client: RedisClientType = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_UNANSWERED,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (retries) => Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** retries),
    },
  });
  // Without a listener, an "error" event would end the process.
  client.on("error", (error: Error) => state.failed(error)).on("ready", () => state.answered());
  const circuit = new Breaker((command: () => Promise<unknown>) => command(), {
    timeout: answerMs,
    resetTimeout: REST_MS,
    errorThresholdPercentage: 0, // one failure is enough: to rest costs nobody anything
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  circuit.on("failure", (error) => state.failed(error)).on("close", () => state.answered());
  client.connect().catch(() => {}); // told by "error" events
  await once(client, "ready", { signal: AbortSignal.timeout(FIRST_CONNECTION_MS) }).catch(() => {}); // not yet: told by events too
  return {
    client,
    // The breaker is one for all commands, whose types it does not know.
    quickly: <T>(command: () => Promise<T>) => circuit.fire(command) as Promise<T>,
    ping: async () => void (await client.ping()),
    close() {
      circuit.shutdown();
      client.destroy();
    },
  };
}
