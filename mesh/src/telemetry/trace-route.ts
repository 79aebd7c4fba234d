import type { IncomingMessage, ServerResponse } from "node:http";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { HttpRoute } from "../server/http-door.js";
import { contextUnder, readTraceContext } from "./trace-context.js";
import { tracer } from "./tracer.js";

/** Makes a span of each request to a route, in the trace that the request names. It is named by the route, not by the path. */
export function traceRoute(route: HttpRoute): HttpRoute {
  return {
    ...route,
    handle(request, response) {
      startRequestSpan(`${route.prefix}*`, request, response);
      return route.handle(request, response);
    },
  };
}

function startRequestSpan(path: string, request: IncomingMessage, response: ServerResponse): void {
  const method = request.method ?? "GET";
  const parent = readTraceContext((name) => request.headers[name]?.toString());
  const attributes = { "http.request.method": method, "http.route": path };
  const span = tracer()?.startSpan(`${method} ${path}`, { kind: SpanKind.SERVER, attributes }, contextUnder(parent));
  if (!span) return;
  response.once("close", () => {
    span.setAttribute("http.response.status_code", response.statusCode);
    if (response.statusCode >= 500 || !response.writableFinished) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
}
