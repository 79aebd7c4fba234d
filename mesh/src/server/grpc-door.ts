import { setTimeout as wait } from "node:timers/promises";
import { Server } from "@grpc/grpc-js";
import { Health } from "@refrain/gen/health/v1/health_pb";
import { HealthImplementation } from "grpc-health-check";
import type { ApiKeys } from "../api-keys.js";
import { grpcHandlers, serviceDefinition, type GrpcHandlerOptions } from "./grpc-handlers.js";
import { listenGrpc, type GrpcListenOptions } from "./grpc-listen.js";
import { MAX_MESSAGE_BYTES, MAX_STREAMS_PER_CONNECTION } from "./limits.js";
import type { MountedService } from "./mount.js";
import { addReflection, reflectionGuard } from "./reflection.js";

/** Time for the last answers to leave the socket. */
const FLUSH_MS = 50;

export interface GrpcDoorOptions extends GrpcHandlerOptions, GrpcListenOptions {
  services: readonly MountedService[];
  keys: ApiKeys;
  /** Time that a connection may be without calls, in milliseconds. */
  idleMs: number;
}

/** A running gRPC server. */
export interface GrpcDoor {
  readonly port: number;
  /** From now on health answers NOT_SERVING, so that balancers and probes go elsewhere. */
  leave(): void;
  /** Takes no new calls; resolves when the running ones have ended. */
  drain(): Promise<void>;
  /** Tells running calls to end. */
  abort(reason: unknown): void;
  /** Closes what is still open. */
  force(): void;
}

/** gRPC over HTTP/2: the services, health (Check, Watch, List) and reflection. */
export async function openGrpcDoor(options: GrpcDoorOptions): Promise<GrpcDoor> {
  const { services, keys, idleMs } = options;
  const server = new Server({
    interceptors: [reflectionGuard(keys)],
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
    "grpc.max_connection_idle_ms": idleMs,
  });
  for (const mounted of services) server.addService(serviceDefinition(mounted), grpcHandlers(mounted, options));
  const names = ["", ...services.map(({ service }) => service.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, "SERVING" as const])));
  health.addToServer(server);
  addReflection(server, [...services.map(({ service }) => service), Health]);
  const listener = await listenGrpc(server, options);
  return {
    port: listener.port,
    leave: () => names.forEach((name) => health.setStatus(name, "NOT_SERVING")),
    drain: async () => {
      listener.close();
      // Sends GOAWAY. Its own end is not awaited: a health watcher would hold it for ever.
      server.tryShutdown(() => {});
      await options.running.idle();
      await wait(FLUSH_MS);
    },
    abort: (reason) => options.running.abort(reason),
    force: () => {
      server.forceShutdown();
      listener.force();
    },
  };
}
