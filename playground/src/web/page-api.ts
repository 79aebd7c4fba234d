import type { IncomingMessage, ServerResponse } from "node:http";
import { readText } from "../bot-api/read-request.js";
import { ApiError } from "../model/api-error.js";
import { withoutParams } from "../model/call-log.js";
import { viewChat } from "../model/chat.js";
import {
  ActionError,
  clearChat,
  pressButton,
  setBlocked,
  setLanguage,
  typeText,
  type ButtonChoice,
} from "../model/user-actions.js";
import type { World } from "../model/world.js";
import type { BotView, ChatView, DownloadsView, Persona, ServiceView, StateView } from "../shapes/page-api.js";
import type { ChatActions } from "./chat-actions.js";
import type { EventStreams } from "./event-stream.js";
import { readFault } from "./fault-input.js";
import { InputError } from "./input-error.js";
import { sendFile } from "./send-file.js";

const MAX_BODY_BYTES = 64 * 1024;

export interface PageApiOptions {
  world: World;
  events: EventStreams;
  actions: ChatActions;
  services(): ServiceView[];
  downloads(): DownloadsView;
}

/** One request, parsed. */
interface Ask {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** What the pattern's groups matched. */
  parts: readonly string[];
  body: Record<string, unknown>;
}

type Route = [method: string, path: RegExp, answer: (ask: Ask) => unknown];

/** The API of the page and of end-to-end tests, below `/playground/`. Answers false for a path it does not know. */
export function createPageApi(
  options: PageApiOptions,
): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> {
  const routes = [...readRoutes(options), ...userRoutes(options), ...faultRoutes(options)];
  return async (request, response, url) => {
    const here = routes.flatMap(([method, path, answer]) => {
      const match = path.exec(url.pathname);
      return match === null ? [] : [{ method, answer, parts: match.slice(1) }];
    });
    if (here.length === 0) return false;
    const route = here.find(({ method }) => method === (request.method === "HEAD" ? "GET" : request.method));
    try {
      if (route === undefined) throw new InputError("method not allowed", 405);
      const body = route.method === "POST" ? await readBody(request) : {};
      const answer = await route.answer({ request, response, url, parts: route.parts, body });
      if (answer !== undefined) writeJson(response, 200, answer);
    } catch (reason) {
      writeJson(response, ...explain(reason));
    }
    return true;
  };
}

function readRoutes(options: PageApiOptions): Route[] {
  const { world, events } = options;
  return [
    [
      "GET",
      /^\/playground\/api\/state$/,
      ({ url }) => stateView(options, personaOf(world, url.searchParams.get("user") ?? "1001")),
    ],
    ["GET", /^\/playground\/api\/users$/, () => world.personas],
    ["GET", /^\/playground\/api\/calls$/, () => world.calls.list()],
    ["GET", /^\/playground\/api\/users\/(\d+)\/chat$/, ({ parts }) => chatView(options, personaOf(world, parts[0]))],
    [
      "GET",
      /^\/playground\/api\/events$/,
      ({ request, response, url }) => {
        const after = request.headers["last-event-id"] ?? url.searchParams.get("after") ?? undefined;
        const user = url.searchParams.get("user");
        events.open(response, {
          after: after === undefined ? undefined : Number(after),
          userId: user === null ? undefined : Number(user),
        });
      },
    ],
    [
      "GET",
      /^\/playground\/files\/([\w-]+)$/,
      async ({ request, response, parts }) => {
        const file = world.files.find(parts[0] ?? "");
        if (file === undefined) throw new InputError("no such file", 404);
        // A file never changes under its name.
        await sendFile(request, response, world.files.path(file), file.mimeType, "private, max-age=86400, immutable");
      },
    ],
  ];
}

function userRoutes(options: PageApiOptions): Route[] {
  const { world } = options;
  const acting = (parts: readonly string[]): [World, ReturnType<World["pageBot"]>, Persona] => [
    world,
    world.pageBot(),
    personaOf(world, parts[0]),
  ];
  return [
    [
      "POST",
      /^\/playground\/api\/users\/(\d+)\/messages$/,
      ({ parts, body }) => {
        const { text, reply_to: replyTo } = body;
        if (typeof text !== "string") throw new InputError("text is missing");
        return typeText(...acting(parts), text, typeof replyTo === "number" ? replyTo : undefined);
      },
    ],
    [
      "POST",
      /^\/playground\/api\/users\/(\d+)\/press$/,
      ({ parts, body }) => {
        const { kind, ...rest } = pressButton(...acting(parts), Number(body["message_id"]), readChoice(body["button"]));
        return "queryId" in rest ? { kind, query_id: rest.queryId } : { kind, ...rest };
      },
    ],
    [
      "POST",
      /^\/playground\/api\/users\/(\d+)\/language$/,
      ({ parts, body }) => {
        const { language_code: language } = body;
        setLanguage(...acting(parts), typeof language === "string" ? language : "");
        return chatView(options, personaOf(world, parts[0]));
      },
    ],
    [
      "POST",
      /^\/playground\/api\/users\/(\d+)\/block$/,
      ({ parts, body }) => {
        setBlocked(...acting(parts), body["blocked"] === true);
        return chatView(options, personaOf(world, parts[0]));
      },
    ],
    [
      "DELETE",
      /^\/playground\/api\/users\/(\d+)\/chat$/,
      ({ parts }) => {
        clearChat(...acting(parts));
        return chatView(options, personaOf(world, parts[0]));
      },
    ],
  ];
}

function faultRoutes({ world: { faults } }: PageApiOptions): Route[] {
  return [
    ["GET", /^\/playground\/faults$/, () => faults.list()],
    ["POST", /^\/playground\/faults$/, ({ body }) => faults.add(readFault(body))],
    [
      "DELETE",
      /^\/playground\/faults$/,
      () => {
        faults.clear();
        return faults.list();
      },
    ],
    [
      "DELETE",
      /^\/playground\/faults\/([\w-]+)$/,
      ({ parts }) => {
        if (!faults.remove(parts[0] ?? "")) throw new InputError("no such fault", 404);
        return faults.list();
      },
    ],
  ];
}

function stateView(options: PageApiOptions, person: Persona): StateView {
  const { world } = options;
  return {
    seq: world.feed.seq,
    bot: botView(world, person),
    users: [...world.personas],
    chat: chatView(options, person),
    faults: world.faults.list(),
    calls: world.calls.list().slice(-30).map(withoutParams),
    services: options.services(),
    downloads: options.downloads(),
  };
}

function botView(world: World, person: Persona): BotView {
  const { user, saved } = world.pageBot();
  const local = (field: string) => saved.profile[`${field}:${person.language_code.slice(0, 2)}`] ?? saved.profile[`${field}:`];
  return {
    id: user.id,
    first_name: local("name") ?? user.first_name,
    username: user.username,
    description: local("description") ?? "",
  };
}

function chatView({ world, actions }: PageApiOptions, person: Persona): ChatView {
  return { ...viewChat(world.pageBot(), person), action: actions.current(person.id) };
}

function personaOf(world: World, id: string | undefined): Persona {
  const person = world.persona(Number(id));
  if (person === undefined) throw new InputError("no such user", 404);
  return person;
}

/** A text, or `{text}`, `{data}`, `{row, column}`. */
function readChoice(value: unknown): ButtonChoice {
  if (typeof value === "string") return { text: value };
  const { text, data, row, column } = (value ?? {}) as Record<string, unknown>;
  if (typeof text === "string") return { text };
  if (typeof data === "string") return { data };
  if (typeof row === "number" && typeof column === "number") return { row, column };
  throw new InputError("button is a text, {text}, {data} or {row, column}");
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  // A form of another site cannot send this type, whatever else it can.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    throw new InputError("content-type must be application/json", 415);
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
