import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Fault, Persona } from "../shapes/page-api.js";
import { ApiError } from "./api-error.js";
import { createBotAccount, newBot, type BotAccount } from "./bot-account.js";
import { createCallLog, type CallLog } from "./call-log.js";
import { createFaults, type Faults } from "./faults.js";
import { createFeed, type Feed } from "./feed.js";
import { openFileStore, type FileLimits, type FileStore } from "./file-store.js";
import { createPersonas } from "./personas.js";
import { createStateSaver, loadState, type SavedState, type StateSaver } from "./saved-state.js";

/** Bots kept at once: every well-formed token is one. */
const MAX_BOTS = 20;

/** The whole local Telegram: people, bots, chats, files, and what goes wrong on purpose. */
export interface World {
  readonly feed: Feed;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly files: FileStore;
  readonly personas: readonly Persona[];
  persona(id: number): Persona | undefined;
  bots(): readonly BotAccount[];
  /** The bot of a well-formed token, new or known. */
  botOf(token: string): BotAccount;
  /** The bot whose chats the page shows. */
  pageBot(): BotAccount;
  /** The first bot to introduce itself in this run gets the page; the configured one always does. */
  introduce(bot: BotAccount): void;
  /** To be called after every change that a restart should keep. */
  changed: () => void;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Holds `state.json` and `files/`. */
  folder: string;
  /** Token of the bot that the page belongs to before any bot introduced itself. */
  pageToken: string;
  fileLimits?: FileLimits;
  saveFailed: (reason: unknown) => void;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const state = await loadState(options.folder);
  const files = await openFileStore(join(options.folder, "files"), options.fileLimits);
  const saver = await createStateSaver(options.folder, () => state, options.saveFailed);
  state.isClosed = false;
  return assemble(options, state, files, saver);
}

function assemble(options: WorldOptions, state: SavedState, files: FileStore, saver: StateSaver): World {
  const feed = createFeed();
  const faults = createFaults((list: Fault[]) => feed.publish({ type: "faults", faults: list }));
  const personas = createPersonas(state.languages);
  const accounts = new Map<string, BotAccount>();
  let introduced: BotAccount | undefined;

  const account = (saved: SavedState["bots"][number]): BotAccount => {
    const repeats = (): boolean => faults.take("duplicate_update", "update") !== undefined;
    const bot = createBotAccount(saved, repeats, saver.changed);
    accounts.set(saved.token, bot);
    return bot;
  };
  const botOf = (token: string): BotAccount => {
    const known = accounts.get(token);
    if (known !== undefined) return known;
    if (accounts.size >= MAX_BOTS) throw new ApiError(401, "Unauthorized");
    const saved = newBot(token, botId(token));
    state.bots.push(saved);
    saver.changed();
    return account(saved);
  };
  for (const saved of state.bots) account(saved);

  return {
    feed,
    faults,
    calls: createCallLog(feed),
    files,
    personas,
    persona: (id) => personas.find((person) => person.id === id),
    bots: () => [...accounts.values()],
    botOf,
    pageBot: () => introduced ?? botOf(state.pageToken ?? options.pageToken),
    introduce(bot) {
      if (introduced === bot || (introduced !== undefined && bot.saved.token !== options.pageToken)) return;
      introduced = bot;
      state.pageToken = bot.saved.token;
      saver.changed();
      feed.publish({ type: "bot" });
    },
    changed() {
      state.languages = Object.fromEntries(personas.map((person) => [person.id, person.language_code]));
      saver.changed();
    },
    async close() {
      for (const bot of accounts.values()) bot.stopWebhook?.();
      state.isClosed = true;
      saver.changed();
      await saver.close();
    },
  };
}

/** The number before the colon; a number too long for JSON gives way to a digest of the token. */
function botId(token: string): number {
  const id = Number(token.split(":")[0]);
  return Number.isSafeInteger(id) ? id : createHash("sha256").update(token).digest().readUIntBE(0, 6);
}
