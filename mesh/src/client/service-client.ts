import type { DescService } from "@bufbuild/protobuf";
import { Code, createClient, type Client } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus } from "@refrain/gen/health/v1/health_pb";
import { serviceError } from "../errors/service-error.js";
import { clientChain } from "./chain.js";
import { connected, openChannel } from "./channel.js";
import { createTransport } from "./transport.js";
import { END_USER_HEADER } from "../interceptors/call-context.js";

const { SERVING } = HealthCheckResponse_ServingStatus;

export interface ServiceClientOptions<S extends DescService = DescService> {
  /** gRPC target: `dns:///host:port` or `ipv4:a:p,b:p`. */
  target: string;
  /** Key of the service. */
  key: string;
  /** Deadline of a unary call, in milliseconds. Streams have none: whoever reads one watches for silence. */
  defaultTimeoutMs: number;
  /** Deadlines of single methods by their local name, such as `claimDeliveries`. */
  timeoutsMs?: { readonly [Method in keyof S["method"]]?: number };
}

/** A typed client of one service. */
export interface ServiceClient<S extends DescService> {
  readonly client: Client<S>;
  /**
   * Resolves when the service is connected and says that it serves.
   *
   * @throws ConnectError UNAVAILABLE or DEADLINE_EXCEEDED when it does not within `timeoutMs`
   */
  readonly ready: (timeoutMs: number) => Promise<void>;
  readonly close: () => void;
}

/** Connect's typed client over a grpc-js channel, with key and deadlines. Connects with the first call. */
export function createServiceClient<S extends DescService>(service: S, options: ServiceClientOptions<S>): ServiceClient<S> {
  const { target, key, defaultTimeoutMs } = options;
  const timeoutsMs: Readonly<Record<string, number | undefined>> = options.timeoutsMs ?? {};
  const channel = openChannel(target);
  const transport = createTransport({
    channel,
    interceptors: clientChain(key),
    timeoutMs: (method) => timeoutsMs[method.localName] ?? defaultTimeoutMs,
  });
  const health = createClient(Health, transport);
  return {
    client: createClient(service, transport),
    ready: async (timeoutMs) => {
      const end = Date.now() + timeoutMs;
      await connected(channel, timeoutMs);
      const { status } = await health.check({ service: service.typeName }, { timeoutMs: Math.max(1, end - Date.now()) });
      if (status !== SERVING) throw serviceError(Code.Unavailable, "NOT_SERVING", "the service is not taking calls");
    },
    close: () => channel.close(),
  };
}

/** Call options that say for which end user a call is made. */
export function endUser(id: string): { headers: Record<string, string> } {
  return { headers: { [END_USER_HEADER]: id } };
}
