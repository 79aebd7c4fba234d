import type { IncomingMessage, ServerResponse } from "node:http";
import { metrics } from "../metrics.js";
import { deadline } from "../deadline.js";
import { listenHttp, type HttpListener, type ListenOptions } from "./http-listen.js";
import { answerText } from "./http-answer.js";

export type ReadyProbe = (signal: AbortSignal) => Promise<boolean>;

const READY_TIMEOUT_MS = 1_000;

/** The operators' port, without a key and never exposed: /livez (the process), /readyz (its own work), /metrics. */
export function openOpsDoor(options: ListenOptions, ready: ReadyProbe): Promise<HttpListener> {
  return listenHttp((request, response) => void answer(request, response, ready), options);
}

async function answer(request: IncomingMessage, response: ServerResponse, ready: ReadyProbe): Promise<void> {
  const path = request.url?.split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") return answerText(response, 405, "only GET\n");
  if (path === "/livez") return answerText(response, 200, "ok\n");
  if (path === "/metrics") return answerText(response, 200, await metrics.metrics(), metrics.contentType);
  if (path !== "/readyz") return answerText(response, 404, "not found: try /livez, /readyz or /metrics\n");
  const ok = await deadline(READY_TIMEOUT_MS, ready).catch(() => false); // not ready, for whatever reason
  return answerText(response, ok ? 200 : 503, ok ? "ready\n" : "not ready\n");
}
