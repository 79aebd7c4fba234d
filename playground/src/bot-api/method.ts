import type { BotAccount } from "../model/bot-account.js";
import type { World } from "../model/world.js";
import type { Params } from "./params.js";
import type { Upload } from "./read-request.js";

/** One call, as a method sees it. */
export interface ApiCall {
  world: World;
  bot: BotAccount;
  params: Params;
  uploads: ReadonlyMap<string, Upload>;
  /** Fires when the caller hung up or the server stops. */
  signal: AbortSignal;
  /** Puts a remark into the call log, for what Telegram does in silence. */
  note: (text: string) => void;
  /** Starts or stops deliveries after the bot's webhook changed. */
  restartWebhook: () => void;
}

/** Answers with the call's `result`; throws an ApiError to refuse. */
export type ApiMethod = (call: ApiCall) => unknown;
