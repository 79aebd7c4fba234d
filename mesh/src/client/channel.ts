import { Channel, connectivityState, credentials, type ChannelCredentials } from "@grpc/grpc-js";
import { Code } from "@connectrpc/connect";
import { serviceError } from "../errors/service-error.js";
import type { Tls } from "../tls.js";
import { HONEST_VERDICTS, registerHonestVerdicts } from "./balancing/honest-verdicts.js";
import { POLLING_DNS, registerPollingDns } from "./balancing/polling-dns.js";

/**
 * Every address of the target gets its share, except one that fails most of its calls: it is left out for a while, longer
 * each time. Judged every 2 s, so that a replica which hangs is out before a call's next attempt.
 */
const OUTLIER_DETECTION = {
  interval: { seconds: 2, nanos: 0 },
  base_ejection_time: { seconds: 10, nanos: 0 },
  max_ejection_time: { seconds: 60, nanos: 0 },
  // A third of the replicas, but always one: when more of them fail, it is not the replicas.
  max_ejection_percent: 33,
  failure_percentage_ejection: { threshold: 50, enforcement_percentage: 100, minimum_hosts: 2, request_volume: 5 },
  child_policy: [{ round_robin: {} }],
};

/** How every channel to a service behaves. */
const CHANNEL_OPTIONS = {
  "grpc.service_config": JSON.stringify({
    loadBalancingConfig: [{ [HONEST_VERDICTS]: { child_policy: [{ outlier_detection: OUTLIER_DETECTION }] } }],
  }),
  // grpc-js would wait up to 2 minutes between attempts to reconnect.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // Two clients in one process do not share a connection's fate.
  "grpc.use_local_subchannel_pool": 1,
};

/**
 * Opens a channel to a target such as `dns:///music:50051`, and starts to connect.
 *
 * @param tls with it the channel speaks TLS alone: it wants the target's name in the server's certificate, and shows its own
 */
export function openChannel(target: string, tls?: Tls): Channel {
  registerPollingDns();
  registerHonestVerdicts();
  const channel = new Channel(target.replace(/^dns:/, `${POLLING_DNS}:`), channelCredentials(tls), CHANNEL_OPTIONS);
  channel.getConnectivityState(true);
  return channel;
}

function channelCredentials(tls: Tls | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { identity, ca } = tls;
  return credentials.createSsl(ca ?? null, identity?.key ?? null, identity?.cert ?? null);
}

/** Calls back each time that a channel which had lost its service is connected again, until it is closed. */
export function onReconnected(channel: Channel, reconnected: () => void): void {
  const watch = (before: connectivityState): void => {
    if (before === connectivityState.SHUTDOWN) return;
    channel.watchConnectivityState(before, Infinity, () => {
      const now = channel.getConnectivityState(false);
      if (now === connectivityState.READY) reconnected();
      watch(now);
    });
  };
  watch(channel.getConnectivityState(false));
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
