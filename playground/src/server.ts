import type { IncomingMessage, ServerResponse } from "node:http";
import { createFetch, listenHttp, type Fetch, type Logger } from "@refrain/mesh";
import { createBotApi } from "./bot-api/bot-api.js";
import { createWorld, type World } from "./model/world.js";
import type { Config } from "./config.js";
import { createAssets } from "./web/assets.js";
import { followChatActions } from "./web/chat-actions.js";
import { createEventStreams } from "./web/event-stream.js";
import { foreignRequest, isFromBrowser } from "./web/guard.js";
import { createPageApi } from "./web/page-api/page-api.js";
import { startCards } from "./web/cards.js";

/** How long running calls may still take once the server stops. */
const DRAIN_MS = 2000;

/** The playground, listening. */
export interface Playground {
  /** Address of the page; the Bot API is below the same one. */
  readonly url: string;
  /** Ends polls and streams, then saves. */
  close: () => Promise<void>;
}

export interface PlaygroundOptions extends Config {
  logger: Logger;
  /** Pause before a webhook is tried again; see `deliverToWebhook`. */
  webhookDelayMs?: (attempt: number) => number;
}

/** Opens the folder and listens. Throws a StartError when the port is taken. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { logger, folder, botToken } = options;
  const saveFailed = (reason: unknown): void => logger.error({ err: reason }, "the chats could not be saved");
  const world = await createWorld({ folder, pageToken: botToken, saveFailed });
  const stopping = new AbortController();
  const fetch = await createFetch(options.tls);
  const { handle, closeStreams } = createHandler(options, world, fetch, stopping.signal);
  const listener = await listenHttp(handle, { host: options.host, port: options.port, variable: "PLAYGROUND_PORT" });
  const shownHost = ["0.0.0.0", "::"].includes(options.host)
    ? "127.0.0.1"
    : options.host.includes(":")
      ? `[${options.host}]`
      : options.host;
  return {
    url: `http://${shownHost}:${listener.port}`,
    async close() {
      stopping.abort();
      closeStreams();
      const force = setTimeout(() => listener.force(), DRAIN_MS);
      await listener.drain();
      clearTimeout(force);
      await world.close();
    },
  };
}

function createHandler(options: PlaygroundOptions, world: World, fetch: Fetch, stopping: AbortSignal) {
  const { logger, hosts, webhookDelayMs } = options;
  const events = createEventStreams(world.feed);
  const cards = startCards({ ...options, fetch }, world.feed, () => events.readers > 0, stopping);
  const botApi = createBotApi({ world, logger, stopping, ...(webhookDelayMs && { webhookDelayMs }) });
  const pageApi = createPageApi({ world, events, actions: followChatActions(world.feed), ...cards });
  const assets = createAssets();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://playground");
    if (!isFromBrowser(request) && (await botApi.handle(request, response, url))) return;
    const foreign = foreignRequest(request, hosts);
    if (foreign !== undefined) return void response.writeHead(403, { "content-type": "text/plain" }).end(foreign);
    if (url.pathname === "/health")
      return void response.writeHead(200, { "content-type": "application/json" }).end('{"status":"healthy"}');
    if (await pageApi(request, response, url)) return;
    if (await assets(request, response, url.pathname)) return;
    response.writeHead(404, { "content-type": "text/plain" }).end("not found");
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((reason: unknown) => {
      logger.error({ err: reason, path: request.url?.replace(/bot[^/]+/, "bot…") }, "a request failed");
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  };
  return { handle, closeStreams: events.close };
}
