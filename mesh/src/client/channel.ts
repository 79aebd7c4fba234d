import { Channel, connectivityState, credentials } from "@grpc/grpc-js";
import { Code } from "@connectrpc/connect";
import { serviceError } from "../errors/service-error.js";

/** How every channel to a service behaves. */
const CHANNEL_OPTIONS = {
  // Every address of the target gets its share.
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // grpc-js would wait up to 2 minutes between attempts to reconnect.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // Two clients in one process do not share a connection's fate.
  "grpc.use_local_subchannel_pool": 1,
};

/** Opens a channel to a target such as `dns:///music:50051`. It connects with the first call. */
export function openChannel(target: string): Channel {
  return new Channel(target, credentials.createInsecure(), CHANNEL_OPTIONS);
}

/**
 * Connects ahead of the first call.
 *
 * @throws ConnectError UNAVAILABLE when there is no connection within `timeoutMs`
 */
export function connected(channel: Channel, timeoutMs: number): Promise<void> {
  const until = Date.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const state = channel.getConnectivityState(true);
      if (state === connectivityState.READY) return resolve();
      channel.watchConnectivityState(state, until, (error) => {
        if (!error) return look();
        return reject(serviceError(Code.Unavailable, "NOT_CONNECTED", `no connection within ${timeoutMs} ms`, { cause: error }));
      });
    };
    look();
  });
}
