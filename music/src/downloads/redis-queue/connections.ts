import { once } from "node:events";
import { createNodeRedisClient, type IRedisClient } from "bullmq";
import type { Redis } from "@refrain/mesh";
import type { RedisClientType } from "redis";

const FIRST_CONNECTION_MS = 1_000;
/** Some ten for each call that comes in at the same moment. */
const MAX_UNANSWERED = 20_000;

/** Connections of the queue, beside the one that limits are counted over. */
export interface Connections {
  /** For what calls wait for: it refuses commands at once while Redis is away. */
  readonly client: RedisClientType;
  /** The same, as BullMQ takes it. */
  readonly commands: IRedisClient;
  /** A new one, which keeps its commands until Redis is back: for what waits and listens in the background. */
  patient(): IRedisClient;
  patientClient(): RedisClientType;
  /** Ends all that were made. */
  close(): void;
}

/** Resolves when Redis is there, or after a second: a start does not wait for it longer. */
export async function openConnections({ client: first }: Pick<Redis, "client">): Promise<Connections> {
  const made: RedisClientType[] = [];

  function connect(options: { commandsQueueMaxLength?: number; disableOfflineQueue?: boolean }): RedisClientType {
    const another: RedisClientType = quiet(first.duplicate(options));
    made.push(another);
    another.connect().catch(() => {}); // ended before Redis was there
    return another;
  }

  const client = connect({ commandsQueueMaxLength: MAX_UNANSWERED });
  await once(client, "ready", { signal: AbortSignal.timeout(FIRST_CONNECTION_MS) }).catch(() => {}); // it comes when it comes
  const patientClient = () => connect({ disableOfflineQueue: false });
  return {
    client,
    commands: quiet(createNodeRedisClient(client)),
    patient: () => quiet(createNodeRedisClient(patientClient())),
    patientClient,
    close() {
      for (const each of made) if (each.isOpen) each.destroy();
    },
  };
}

/** What goes wrong is told once, by the connection that calls use; without a listener it would end the process. */
function quiet<Emitter extends { on(event: "error", listener: () => void): unknown }>(emitter: Emitter): Emitter {
  emitter.on("error", () => {});
  return emitter;
}
