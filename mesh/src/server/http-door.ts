import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Code, ConnectError, createContextValues, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { ApiKeys } from "../api-keys.js";
import { serviceError } from "../errors/service-error.js";
import { healthReport, type HealthProbe } from "./health-report.js";
import { answerJson, answerUnauthenticated } from "./http-answer.js";
import { MAX_MESSAGE_BYTES } from "./limits.js";
import { listenHttp, type HttpListener, type HttpListenOptions } from "./http-listen.js";
import type { MountedService } from "./mount.js";
import type { RunningCall, RunningCalls } from "./running-calls.js";

/** A path of a service's own on its HTTP door. */
export interface HttpRoute {
  /** Start of the path, such as `/files/`. */
  readonly prefix: string;
  /** True: needs the service's key. */
  readonly authenticated: boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface HttpDoorOptions extends HttpListenOptions {
  name: string;
  version: string;
  health: HealthProbe;
  routes: readonly HttpRoute[];
  services: readonly MountedService[];
  interceptors: Interceptor[];
  running: RunningCalls;
  /** Without keys, authenticated routes answer 401. */
  keys: ApiKeys | undefined;
}

/** HTTP/1.1: the RPCs as Connect, JSON and gRPC-Web, `/health`, and the service's own routes. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpListener> {
  const shutdown = new AbortController();
  const rpc = rpcHandler(options, shutdown.signal);
  const listener = await listenHttp((request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    if (path === "/health") return void answerHealth(request, response, options);
    const route = options.routes.find(({ prefix }) => path.startsWith(prefix));
    return route ? answerRoute(route, options.keys, request, response) : rpc(request, response);
  }, options);
  return { ...listener, abort: (reason) => shutdown.abort(reason) };
}

function rpcHandler({ services, interceptors, running }: HttpDoorOptions, shutdownSignal: AbortSignal): RequestListener {
  const calls = new WeakMap<object, RunningCall>();
  const answer = connectNodeAdapter({
    routes: (router) => services.forEach((mounted) => mounted.addTo(router)),
    interceptors,
    grpc: false, // gRPC needs HTTP/2: it has a door of its own
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: MAX_MESSAGE_BYTES,
    shutdownSignal,
    contextValues: (request) => calls.get(request)?.values ?? createContextValues(),
  });
  return (request, response) => {
    const call = { values: createContextValues(), abort: leaveToShutdown };
    calls.set(request, call);
    running.add(call);
    response.once("close", () => running.delete(call));
    answer(request, response);
  };
}

/** Connect ends the calls of this door, by its shutdown signal. */
function leaveToShutdown(): void {}

async function answerHealth(request: IncomingMessage, response: ServerResponse, { name, version, health }: HttpDoorOptions) {
  if (request.method !== "GET" && request.method !== "HEAD") return answerJson(response, 405, { message: "only GET" });
  const report = await healthReport(name, version, health);
  return answerJson(response, report.status === "unhealthy" ? 503 : 200, report);
}

function answerRoute(route: HttpRoute, keys: ApiKeys | undefined, request: IncomingMessage, response: ServerResponse): void {
  try {
    if (route.authenticated) verify(keys, request);
  } catch (error) {
    return answerUnauthenticated(response, ConnectError.from(error));
  }
  return route.handle(request, response);
}

function verify(keys: ApiKeys | undefined, request: IncomingMessage): void {
  if (!keys) throw serviceError(Code.Unauthenticated, "API_KEY_INVALID", "this service has no keys");
  keys.verify(request.headers.authorization);
}
