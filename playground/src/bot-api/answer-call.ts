import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@refrain/mesh";
import { ApiError, tooManyRequests } from "../model/api-error.js";
import type { BotAccount } from "../model/bot-account.js";
import type { World } from "../model/world.js";
import type { ApiMethod } from "./method.js";
import type { Params } from "./params.js";
import { readRequest, type ApiRequest } from "./read-request.js";
import { badGatewayReply, EMPTY_UPDATES, refusalReply, resultReply, writeReply, type Reply } from "./reply.js";

/** Longest parameter kept in the call log. */
const LOGGED_CHARACTERS = 8192;

export interface CallContext {
  world: World;
  logger: Logger;
  bot: BotAccount;
  method: { name: string; run: ApiMethod };
  signal: AbortSignal;
  restartWebhook: () => void;
}

/** Reads one call, lets the faults have their way, runs it, answers, and writes it to the call log. */
export async function answerCall(
  context: CallContext,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const { world, method, signal } = context;
  const startedAt = performance.now();
  const key = method.name.toLowerCase();
  const delay = world.faults.take("delay", key);
  if (delay !== undefined) await sleep(delay.delay_ms, undefined, { signal }).catch(() => undefined); // a hang-up ends the delay
  const notes: string[] = [];
  let params: Params = new Map();
  let reply: Reply;
  try {
    const input = await readRequest(request, url, world.files.draftPath);
    params = input.params;
    reply = await runMethod(context, input, notes);
  } catch (reason) {
    reply = refusalReply(context.logger, reason);
  }
  const isCut = world.faults.take("cut", key) !== undefined;
  const ms = Math.round(performance.now() - startedAt);
  logCall(context, { params, ms, notes, reply: isCut ? { ...reply, status: 0, description: "connection cut" } : reply });
  if (isCut) response.destroy();
  else writeReply(response, reply);
}

async function runMethod(context: CallContext, input: ApiRequest, notes: string[]): Promise<Reply> {
  const { world, bot, method, signal, restartWebhook } = context;
  const { params, uploads } = input;
  const note = (text: string): void => void notes.push(text);
  try {
    const scripted = scriptedReply(world, method.name.toLowerCase());
    if (scripted !== undefined) return scripted;
    return resultReply(await method.run({ world, bot, params, uploads, signal, restartWebhook, note }));
  } finally {
    await input.discard();
  }
}

/** What a fault answers instead of the method; the call is then not processed. */
function scriptedReply(world: World, method: string): Reply | undefined {
  const limit = world.faults.take("rate_limit", method);
  if (limit !== undefined) throw tooManyRequests(limit.retry_after);
  if (method.startsWith("send") && world.faults.take("blocked", method) !== undefined) {
    throw new ApiError(403, "Forbidden: bot was blocked by the user");
  }
  return world.faults.take("bad_gateway", method) === undefined ? undefined : badGatewayReply();
}

interface Finished {
  params: Params;
  ms: number;
  notes: readonly string[];
  reply: Reply;
}

function logCall({ world, bot, method }: CallContext, { params, ms, notes, reply }: Finished): void {
  if (reply.body === EMPTY_UPDATES && reply.status === 200 && method.name === "getUpdates") return;
  world.calls.add({
    bot_id: bot.saved.id,
    method: method.name,
    status: reply.status,
    ms,
    ...(reply.description !== undefined && { description: reply.description }),
    ...(notes.length > 0 && { note: notes.join("; ") }),
    params: Object.fromEntries([...params].map(([name, value]) => [name, value.slice(0, LOGGED_CHARACTERS)])),
  });
}
