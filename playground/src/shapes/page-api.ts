/** What the playground's own API (`/playground/…`) speaks: the page and the end-to-end tests use exactly this. */
import type { BotCommand, ForceReply, Message, ReplyKeyboard, User } from "./bot-api.js";

/** A person whose phone the page plays. */
export interface Persona extends User {
  is_bot: false;
  username: string;
  language_code: string;
}

/** One conversation as its person sees it. */
export interface ChatView {
  user: Persona;
  /** Oldest first, at most 200. */
  messages: Message[];
  keyboard: ReplyKeyboard | null;
  force_reply: (ForceReply & { message_id: number }) | null;
  blocked: boolean;
  /** Commands the bot offers to this person, in their language. */
  commands: BotCommand[];
  /** The running chat action, such as `typing`; ends by itself after 5 s. */
  action: string | null;
}

export interface BotView {
  id: number;
  first_name: string;
  username: string;
  description: string;
}

export type FaultKind = "rate_limit" | "bad_gateway" | "cut" | "delay" | "blocked" | "flood" | "duplicate_update";

/** Something that goes wrong on purpose. */
export interface Fault {
  id: string;
  kind: FaultKind;
  /** A Bot API method, or `*`: every method but getUpdates. */
  method: string;
  /** Calls (or updates) still to hit; null: until it is deleted. */
  remaining: number | null;
  /** `rate_limit`: what `parameters.retry_after` says, seconds. */
  retry_after: number;
  /** `delay`: how long a call is held back. */
  delay_ms: number;
}

/** One finished Bot API call. The token is never part of it. */
export interface CallRecord {
  seq: number;
  /** Unix milliseconds of the end. */
  at: number;
  bot_id: number;
  method: string;
  /** HTTP status; 0 when the connection was cut. */
  status: number;
  ms: number;
  /** Telegram's error text. */
  description?: string;
  /** What the server did in silence, such as ignoring a thumbnail. */
  note?: string;
}

/** `unknown`: not asked yet. */
type ServiceLight = "green" | "amber" | "red" | "unknown";

export interface ServiceView {
  name: string;
  light: ServiceLight;
  /** One short line for a person. */
  detail: string;
  latency_ms: number | null;
}

/** One running or queued download of music. */
export interface DownloadView {
  task_id: string;
  title: string;
  performer: string;
  /** `queued`, `resolving`, `fetching`, `converting`. */
  state: string;
  queue_position: number;
  downloaded_bytes: number;
  total_bytes: number;
  bytes_per_second: number;
  eta_seconds: number;
}

export interface DownloadsView {
  /** False: music does not answer, or no key was given. */
  available: boolean;
  detail: string;
  downloads: DownloadView[];
}

/** Everything the page needs to draw itself. */
export interface StateView {
  /** Events after this number are not in here yet. */
  seq: number;
  bot: BotView;
  users: Persona[];
  chat: ChatView;
  faults: Fault[];
  calls: CallRecord[];
  services: ServiceView[];
  downloads: DownloadsView;
}

/** What happened; `user_id` is the chat it happened in. */
export type PlaygroundEvent =
  | { type: "message"; user_id: number; message: Message }
  | { type: "edit"; user_id: number; message: Message }
  | { type: "delete"; user_id: number; message_ids: number[] }
  | { type: "answer"; user_id: number; query_id: string; text: string; show_alert: boolean; url: string }
  | { type: "action"; user_id: number; action: string }
  | { type: "chat"; user_id: number }
  | { type: "bot" }
  | { type: "faults"; faults: Fault[] }
  | { type: "call"; call: CallRecord }
  | { type: "services"; services: ServiceView[] }
  | { type: "downloads"; downloads: DownloadsView };

export type NumberedEvent = PlaygroundEvent & { seq: number };
