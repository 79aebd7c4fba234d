import { createNodeRedisClient, type IRedisClient } from "bullmq";
import type { Redis } from "@refrain/mesh";
import type { RedisClientType } from "redis";

/** Connections of the queue, beside the one that calls use. */
export interface Connections {
  /** The one that calls use: it refuses commands at once while Redis is away. */
  readonly commands: IRedisClient;
  /** A new one, which keeps its commands until Redis is back: for what waits and listens in the background. */
  patient(): IRedisClient;
  patientClient(): RedisClientType;
  /** Ends all that were made. */
  close(): void;
}

export function createConnections({ client }: Pick<Redis, "client">): Connections {
  const made: RedisClientType[] = [];

  function patientClient(): RedisClientType {
    const another = client.duplicate({ disableOfflineQueue: false });
    quiet(another);
    made.push(another);
    another.connect().catch(() => {}); // ended before Redis was there
    return another;
  }

  return {
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
