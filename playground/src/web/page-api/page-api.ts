import type { IncomingMessage, ServerResponse } from "node:http";
import { readText } from "../../bot-api/read-request.js";
import { ApiError } from "../../model/api-error.js";
import { ActionError } from "../../model/user-actions.js";
import { faultRoutes } from "./fault-routes.js";
import { InputError } from "./input-error.js";
import { readRoutes } from "./read-routes.js";
import { matchPath, type PageApiOptions } from "./route.js";
import { userRoutes } from "./user-routes.js";

const MAX_BODY_BYTES = 64 * 1024;

/** Answers a request; false for a path it does not know. */
export type PageApi = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>;

/** The API of the page and of end-to-end tests, below `/playground/`. */
export function createPageApi(options: PageApiOptions): PageApi {
  const routes = [...readRoutes(options), ...userRoutes(options), ...faultRoutes(options)];
  return async (request, response, url) => {
    const here = routes.flatMap(([method, path, answer]) => {
      const names = matchPath(path, url.pathname);
      return names === undefined ? [] : [{ method, answer, names }];
    });
    if (here.length === 0) return false;
    const route = here.find(({ method }) => method === (request.method === "HEAD" ? "GET" : request.method));
    try {
      if (route === undefined) throw new InputError("method not allowed", 405);
      const body = route.method === "POST" ? await readBody(request) : {};
      const answer = await route.answer({ request, response, query: url.searchParams, names: route.names, body });
      if (answer !== undefined) writeJson(response, 200, answer);
    } catch (reason) {
      writeJson(response, ...explain(reason));
    }
    return true;
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  // A form of another site cannot send this type, whatever else it can.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new InputError("content-type must be application/json", 415);
  }
  const text = await readText(request, MAX_BODY_BYTES);
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Said below, the same as for JSON that is no object.
  }
  throw new InputError("the body must be a JSON object");
}

function explain(reason: unknown): [number, { error: string }] {
  if (reason instanceof InputError || reason instanceof ApiError) return [reason.status, { error: reason.message }];
  if (reason instanceof ActionError || reason instanceof RangeError) return [400, { error: reason.message }];
  throw reason;
}

function writeJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}
