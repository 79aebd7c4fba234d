import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "../../model/world.js";
import type { DownloadsView, ServiceView } from "../../shapes/page-api.js";
import type { ChatActions } from "../chat-actions.js";
import type { EventStreams } from "../event-stream.js";

export interface PageApiOptions {
  world: World;
  events: EventStreams;
  actions: ChatActions;
  services: () => ServiceView[];
  downloads: () => DownloadsView;
}

/** One request, parsed. */
export interface Ask {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** What stood for `:name` in the path, in order. */
  names: readonly string[];
  /** The JSON object of a POST; empty otherwise. */
  body: Record<string, unknown>;
}

/** Method, path with `:name` for one part, and what it answers: JSON, or nothing when it wrote the response itself. */
export type Route = readonly [method: "GET" | "POST" | "DELETE", path: string, answer: (ask: Ask) => unknown];

/** The names in a path that fits; undefined when it does not. */
export function matchPath(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const names: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (part.startsWith(":") && /^[\w-]+$/.test(actual)) names.push(actual);
    else if (part !== actual) return undefined;
  }
  return names;
}
