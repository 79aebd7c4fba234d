import type { Interceptor } from "@connectrpc/connect";
import type { ApiKeys } from "../api-keys.js";
import type { RateLimits } from "../interceptors/rate-limit.js";
import type { Logger } from "../log.js";
import { gauge } from "../metrics.js";
import { certificateEnd, type Tls } from "../tls.js";
import type { GrpcDoor } from "./grpc-door.js";
import type { HealthProbe } from "./health-report.js";
import { openHttpDoor, type HttpRoute } from "./http-door.js";
import { FIRST_WORDS_MS, IDLE_MS, serverCapacity, type ServerCapacity } from "./limits.js";
import type { MountedService } from "./mount.js";
import { openOpsDoor, type ReadyProbe } from "./ops-door.js";
import { RunningCalls } from "./running-calls.js";
import { stopInOrder, stopTimes, type Door, type StopTimes } from "./stop.js";

/** Time for a unary call whose caller gives it none, or more. */
const MAX_UNARY_MS = 60_000;

export interface ServeHttpOptions {
  /** Name of the service, in lower case: in logs, in `/health`, and (in upper case) in the variables that move its ports. */
  name: string;
  version: string;
  /** Address to bind, such as 127.0.0.1. */
  host: string;
  ports: { http: number; ops: number };
  logger: Logger;
  /** What `GET /health` tells. */
  health: HealthProbe;
  /** Whether it can do its own work, for `/readyz`. Default: yes. */
  ready?: ReadyProbe;
  /** Paths of its own on the HTTP door. */
  routes?: readonly HttpRoute[];
  /** Keys of authenticated routes. */
  keys?: ApiKeys;
  /** Default: 5 s to be noticed, 30 s to drain. */
  stop?: StopTimes;
  /** With an identity, both doors speak TLS alone; with a CA too, to clients with a certificate of it alone. Default: cleartext. */
  tls?: Tls | undefined;
  /** Default: 1,000 connections to each door, 5,000 calls through both. */
  capacity?: ServerCapacity;
}

export interface ServeOptions extends ServeHttpOptions {
  ports: { grpc: number; http: number; ops: number };
  keys: ApiKeys;
  services: readonly MountedService[];
  /** Turns the service's own errors into ConnectErrors; whatever else is thrown becomes INTERNAL and is logged. */
  toConnectError?: (reason: unknown) => unknown;
  /** How often it may be called. Default: no limit. */
  rateLimits?: RateLimits;
}

/** A service that listens. */
export interface RunningServer {
  /** `host:port` by door: grpc, http, ops. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Says NOT_SERVING, lets running calls end, then closes. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** One set of handlers behind two doors, gRPC and HTTP/1.1, and the operators' port. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { keys, rateLimits, logger, toConnectError, services, ports } = options;
  // Loaded here, because a process without RPCs would only wait for it: a quarter of a second.
  const { serverChain } = await import("./chain.js");
  const interceptors = Object.values(serverChain({ keys, rateLimits, logger, toConnectError }));
  return new Doors(options, services, interceptors).open(ports.grpc, keys);
}

/** The HTTP door and the operators' port alone, for a service without RPCs. */
export function serveHttp(options: ServeHttpOptions): Promise<RunningServer> {
  return new Doors(options, [], []).open();
}

/** Opens the doors of one service one after another, and closes them together. */
class Doors {
  readonly #options: ServeHttpOptions;
  readonly #services: readonly MountedService[];
  readonly #interceptors: Interceptor[];
  readonly #open: Door[] = [];
  readonly #addresses: Record<string, string> = {};
  readonly #capacity: ServerCapacity;
  readonly #running: RunningCalls;
  #stopping: Promise<void> | undefined;

  constructor(options: ServeHttpOptions, services: readonly MountedService[], interceptors: Interceptor[]) {
    this.#options = options;
    this.#services = services;
    this.#interceptors = interceptors;
    this.#capacity = options.capacity ?? serverCapacity({});
    this.#running = new RunningCalls(this.#capacity.calls);
  }

  /** Opens all doors, or none: one that cannot be opened closes the others. */
  async open(grpcPort?: number, keys?: ApiKeys): Promise<RunningServer> {
    this.#measure();
    try {
      if (keys) this.#add("grpc", await this.#grpc(grpcPort ?? 0, keys));
      this.#add("http", await this.#http());
      this.#add("ops", await this.#ops());
    } catch (error) {
      for (const door of this.#open) door.force();
      throw error;
    }
    return { addresses: this.#addresses, close: () => (this.#stopping ??= this.#stop()) };
  }

  #measure(): void {
    const { tls } = this.#options;
    const end = tls && certificateEnd(tls);
    if (end !== undefined)
      gauge("refrain_tls_certificate_end_timestamp_seconds", "When this process's certificate ends.", () => end);
    if (this.#services.length === 0) return;
    gauge(
      "refrain_rpc_server_running",
      "Calls that run now, through both doors; MAX_CALLS bounds them.",
      () => this.#running.size,
    );
  }

  #add(name: string, door: Door & { port: number }): void {
    this.#open.push(door);
    this.#addresses[name] = `${this.#options.host}:${door.port}`;
  }

  #variable(suffix: string): string {
    return `${this.#options.name.toUpperCase()}_${suffix}`;
  }

  /** What both doors have in common. */
  #door(door: string) {
    const { host, tls, logger } = this.#options;
    const { connections: maxConnections, firstWordsMs = FIRST_WORDS_MS } = this.#capacity;
    const guard = { door, maxConnections, firstWordsMs, logger };
    return { host, tls, guard, services: this.#services, interceptors: this.#interceptors, running: this.#running };
  }

  async #grpc(port: number, keys: ApiKeys): Promise<GrpcDoor> {
    const { openGrpcDoor } = await import("./grpc-door.js");
    const listen = { port, variable: this.#variable("PORT") };
    const { idleMs = IDLE_MS } = this.#capacity;
    return openGrpcDoor({ ...this.#door("grpc"), ...listen, keys, idleMs, maxUnaryMs: MAX_UNARY_MS });
  }

  #http() {
    const { name, version, ports, health, routes = [], keys } = this.#options;
    const listen = { port: ports.http, variable: this.#variable("HTTP_PORT") };
    return openHttpDoor({ ...this.#door("http"), ...listen, name, version, health, routes, keys });
  }

  #ops() {
    const { host, ports, ready = async () => true } = this.#options;
    const listen = { host, port: ports.ops, variable: this.#variable("OPS_PORT") };
    return openOpsDoor(listen, async (signal) => this.#stopping === undefined && ready(signal));
  }

  #stop(): Promise<void> {
    return stopInOrder(this.#open, this.#options.stop ?? stopTimes({}));
  }
}
