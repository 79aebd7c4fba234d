import type { DescService } from "@bufbuild/protobuf";
import { Code, createClient, type Client } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus } from "@refrain/gen/health/v1/health_pb";
import { serviceError } from "../errors/service-error.js";
import type { Logger } from "../log.js";
import type { Tls } from "../tls.js";
import { clientChain } from "./chain.js";
import { connected, onReconnected, openChannel } from "./channel.js";
import { showBudget } from "./client-metrics.js";
import { Circuits, type CircuitReport } from "./circuits.js";
import { RetryBudget } from "./retry-budget.js";
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
  /** Time until a call is tried after a circuit breaker opened, in milliseconds. Default 5,000; 0: no circuit breakers. */
  circuitResetMs?: number;
  /** Told when a circuit breaker opens and closes. */
  logger?: Logger;
  /** Certificates: the connection is TLS alone. Default: cleartext. */
  tls?: Tls | undefined;
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
  /** The circuit breakers of the methods that were called. */
  readonly circuits: () => readonly CircuitReport[];
  readonly close: () => void;
}

const CIRCUIT_RESET_MS = 5_000;

/**
 * Connect's typed client over a grpc-js channel, with key, deadlines, retries and circuit breakers. Starts to connect at
 * once; a service that is not there fails calls, not this.
 */
export function createServiceClient<S extends DescService>(service: S, options: ServiceClientOptions<S>): ServiceClient<S> {
  const { target, key, defaultTimeoutMs, circuitResetMs = CIRCUIT_RESET_MS, logger, tls } = options;
  const timeoutsMs: Readonly<Record<string, number | undefined>> = options.timeoutsMs ?? {};
  const timeoutMs = (method: { localName: string }) => timeoutsMs[method.localName] ?? defaultTimeoutMs;
  const channel = openChannel(target, tls);
  const budget = new RetryBudget();
  const hideBudget = showBudget(budget, service.typeName);
  const circuits = circuitResetMs > 0 ? new Circuits({ resetMs: circuitResetMs, logger }) : undefined;
  if (circuits) onReconnected(channel, () => circuits.tryNow());
  const interceptors = Object.values(clientChain({ key, budget, circuits }));
  // Health is asked as it is: a breaker would answer in its place.
  const health = createClient(Health, createTransport({ channel, interceptors: [], timeoutMs }));
  return {
    client: createClient(service, createTransport({ channel, interceptors, timeoutMs })),
    ready: async (limitMs) => {
      const end = Date.now() + limitMs;
      await connected(channel, limitMs);
      const { status } = await health.check({ service: service.typeName }, { timeoutMs: Math.max(1, end - Date.now()) });
      if (status !== SERVING) throw serviceError(Code.Unavailable, "NOT_SERVING", "the service is not taking calls");
    },
    circuits: () => circuits?.report() ?? [],
    close: () => {
      hideBudget();
      circuits?.close();
      channel.close();
    },
  };
}

/** Call options that say for which end user a call is made. */
export function endUser(id: string): { headers: Record<string, string> } {
  return { headers: { [END_USER_HEADER]: id } };
}
