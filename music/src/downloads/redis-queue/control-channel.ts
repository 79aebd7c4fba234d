import type { RedisClientType } from "redis";

/** What one replica tells the others. */
export type ControlMessage =
  | { kind: "withdrawn"; taskId: string; userId: string }
  | { kind: "stopped"; taskId: string; failure: string };

const CHANNEL = "refrain:fetches:control";

/**
 * Listens to what replicas tell each other, this one's own words too.
 *
 * @param commands tells
 * @param listening a connection of its own
 */
export function openControlChannel(
  commands: RedisClientType,
  listening: RedisClientType,
  onMessage: (message: ControlMessage) => void,
): { send(message: ControlMessage): Promise<void> } {
  listening.subscribe(CHANNEL, (text) => onMessage(JSON.parse(text) as ControlMessage)).catch(() => {}); // ended before Redis was there
  return {
    async send(message) {
      await commands.publish(CHANNEL, JSON.stringify(message));
    },
  };
}
