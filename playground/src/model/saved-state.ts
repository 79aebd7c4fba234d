import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BotCommand, ForceReply, Message, ReplyKeyboard, Update, UpdateType } from "../shapes/bot-api.js";

/** One conversation of a bot with a person. */
export interface SavedChat {
  userId: number;
  nextMessageId: number;
  /** Oldest first, bounded by the chat. */
  messages: Message[];
  keyboard: ReplyKeyboard | null;
  forceReply: (ForceReply & { message_id: number }) | null;
  blocked: boolean;
}

/** Where a bot's updates are delivered instead of being polled. */
export interface SavedWebhook {
  url: string;
  secretToken?: string;
  /** Deliveries in flight at once. */
  maxConnections: number;
  lastErrorDate?: number;
  lastErrorMessage?: string;
}

export interface SavedCommands {
  /** `default`, `all_private_chats`, `chat:ID`, … */
  scope: string;
  /** Two letters, or empty for everybody else. */
  language: string;
  commands: BotCommand[];
}

/** Everything the server knows of one bot. */
export interface SavedBot {
  token: string;
  id: number;
  nextUpdateId: number;
  /** Not confirmed yet, oldest first. */
  pending: Update[];
  /** undefined: all types. */
  allowedUpdates?: UpdateType[];
  webhook?: SavedWebhook;
  commands: SavedCommands[];
  /** Texts by method and language, such as `description:ru`. */
  profile: Record<string, string>;
  chats: Record<string, SavedChat>;
}

/** What a restart keeps. */
export interface SavedState {
  version: 1;
  /** False while the server runs: a start that finds it so knows that the last numbers given may be missing. */
  isClosed: boolean;
  bots: SavedBot[];
  /** Token of the bot that last had the page: a restart here is none of the bot, which introduces itself only once. */
  pageToken?: string;
  /** Interface languages that a person switched to, by user id. */
  languages: Record<string, string>;
}

/** Reads `state.json` of a folder. A missing file is an empty state; a broken one throws with its path. */
export async function loadState(folder: string): Promise<SavedState> {
  const path = join(folder, "state.json");
  const json = await readFile(path, "utf8").catch((reason: NodeJS.ErrnoException) => {
    if (reason.code === "ENOENT") return undefined;
    throw reason;
  });
  if (json === undefined) return { version: 1, isClosed: true, bots: [], languages: {} };
  try {
    const state = JSON.parse(json) as SavedState;
    if (state.version !== 1) throw new Error(`version ${String(state.version)} is not ours`);
    return state.isClosed ? state : afterCrash(state);
  } catch (cause) {
    throw new Error(`${path} cannot be read: move it away to start with empty chats`, { cause });
  }
}

/** Numbers that a crash may have given out without saving them; bots tell updates and messages apart by them. */
const SKIPPED_AFTER_CRASH = 1000;

function afterCrash(state: SavedState): SavedState {
  for (const bot of state.bots) {
    bot.nextUpdateId += SKIPPED_AFTER_CRASH;
    for (const chat of Object.values(bot.chats)) chat.nextMessageId += SKIPPED_AFTER_CRASH;
  }
  return state;
}

/** Saves a state soon after it changed, by atomic rename: a reader finds the old one or the new one, whole. */
export interface StateSaver {
  changed: () => void;
  /** Writes what is unsaved, then no more. */
  close(): Promise<void>;
}

/** `current` is read when the write begins. Writes follow each other at least `pauseMs` apart (default 200). */
export async function createStateSaver(
  folder: string,
  current: () => SavedState,
  failed: (reason: unknown) => void,
  pauseMs = 200,
): Promise<StateSaver> {
  await mkdir(folder, { recursive: true });
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const write = (): void => {
    timer = undefined;
    writing = writing.then(() => writeWhole(folder, JSON.stringify(current()))).catch(failed);
  };
  return {
    changed() {
      timer ??= setTimeout(write, pauseMs);
    },
    async close() {
      if (timer !== undefined) {
        clearTimeout(timer);
        write();
      }
      await writing;
    },
  };
}

async function writeWhole(folder: string, json: string): Promise<void> {
  const draft = join(folder, "state.json.new");
  // Holds tokens, so nobody else on the machine may read it.
  await writeFile(draft, json, { mode: 0o600 });
  await rename(draft, join(folder, "state.json"));
}
