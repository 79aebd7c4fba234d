import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { clientChain } from "./chain.js";
import { connected, openChannel } from "./channel.js";
import { createTransport } from "./transport.js";
import { END_USER_HEADER } from "../interceptors/call-context.js";

export interface ServiceClientOptions {
  /** gRPC target: `dns:///host:port` or `ipv4:a:p,b:p`. */
  target: string;
  /** Key of the service. */
  key: string;
  /** Deadline of a unary call, in milliseconds. Streams have none: whoever reads one watches for silence. */
  defaultTimeoutMs: number;
  /** Deadlines of single methods by their local name, such as `claimDeliveries`. */
  timeoutsMs?: Readonly<Record<string, number>>;
}

/** A typed client of one service. */
export interface ServiceClient<S extends DescService> {
  readonly client: Client<S>;
  /** Resolves when connected; rejects with UNAVAILABLE after `timeoutMs`. */
  readonly ready: (timeoutMs: number) => Promise<void>;
  readonly close: () => void;
}

/** Connect's typed client over a grpc-js channel, with key and deadlines. Connects with the first call. */
export function createServiceClient<S extends DescService>(service: S, options: ServiceClientOptions): ServiceClient<S> {
  const { target, key, defaultTimeoutMs, timeoutsMs = {} } = options;
  const channel = openChannel(target);
  const transport = createTransport({
    channel,
    interceptors: clientChain(key),
    timeoutMs: (method) => timeoutsMs[method.localName] ?? defaultTimeoutMs,
  });
  return {
    client: createClient(service, transport),
    ready: (timeoutMs) => connected(channel, timeoutMs),
    close: () => channel.close(),
  };
}

/** Call options that say for which end user a call is made. */
export function endUser(id: string): { headers: Record<string, string> } {
  return { headers: { [END_USER_HEADER]: id } };
}
