import { join } from "node:path";
import {
  apiKeys,
  ConfigError,
  httpUrl,
  integer,
  logLevel,
  port,
  requiredText,
  serverCapacity,
  text,
  tlsSettings,
  tracesEnabled,
  type Env,
  type ServerCapacity,
  type Tls,
} from "@refrain/mesh";

/** Everything the bot reads from its environment. Nothing else of it reads `process.env`. */
export interface Config {
  readonly telegram: {
    /** `ID:SECRET`, from BotFather. */
    readonly token: string;
    /** A Bot API server, without a slash at the end. */
    readonly apiUrl: string;
  };
  readonly music: {
    /** gRPC target. */
    readonly target: string;
    readonly key: string;
    /** HTTP door that serves `/files/…`. */
    readonly filesUrl: string;
  };
  readonly storage: { readonly target: string; readonly key: string };
  /** Time until a call to a service is tried after its circuit breaker opened, in milliseconds; 0: no circuit breakers. */
  readonly circuitResetMs: number;
  /** Certificates for the services and for the bot's own door; undefined: cleartext. */
  readonly tls?: Tls | undefined;
  readonly capacity: ServerCapacity;
  /** Address to bind. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly ports: { readonly http: number; readonly ops: number };
  /** Uploads to Telegram that run at once, 1 to 100. */
  readonly uploadSlots: number;
  /** Folder for audio on its way to Telegram. */
  readonly temporaryFolder: string;
  readonly logLevel: string;
  /** Whether traces are exported. */
  readonly traces: boolean;
}

/** @throws ConfigError that names the variable, what is wrong with it, and an example */
export function readConfig(env: Env = process.env): Config {
  const tls = tlsSettings(env);
  return {
    telegram: { token: readToken(env), apiUrl: httpUrl(env, "TELEGRAM_API_URL", "https://api.telegram.org") },
    music: {
      target: text(env, "MUSIC_TARGET", "dns:///127.0.0.1:50051"),
      key: apiKeys(env, "MUSIC_API_KEYS").first,
      filesUrl: readFilesUrl(env, tls),
    },
    storage: {
      target: text(env, "STORAGE_TARGET", "dns:///127.0.0.1:50052"),
      key: apiKeys(env, "STORAGE_API_KEYS").first,
    },
    circuitResetMs: integer(env, "CIRCUIT_RESET_MS", 5_000, { max: 600_000 }),
    tls,
    capacity: serverCapacity(env),
    host: text(env, "BIND_HOST", "127.0.0.1"),
    ports: { http: port(env, "BOT_HTTP_PORT", 8050), ops: port(env, "BOT_OPS_PORT", 9050) },
    uploadSlots: integer(env, "BOT_UPLOAD_SLOTS", 4, { min: 1, max: 100 }),
    temporaryFolder: join(text(env, "DATA_DIR", "./data"), "bot"),
    logLevel: logLevel(env),
    traces: tracesEnabled(env),
  };
}

function readFilesUrl(env: Env, tls: Tls | undefined): string {
  if (!tls) return httpUrl(env, "MUSIC_FILES_URL", "http://127.0.0.1:8051");
  const url = httpUrl(env, "MUSIC_FILES_URL", "https://127.0.0.1:8051");
  // Music's doors are both behind TLS or neither: this would fail with the first download, and show the key on the way.
  if (!url.startsWith("https:")) throw new ConfigError("MUSIC_FILES_URL", "must be https:// with TLS", "https://music:8051");
  return url;
}

const TOKEN_EXAMPLE = "123456:secret-from-BotFather";

function readToken(env: Env): string {
  const token = requiredText(env, "BOT_TOKEN", TOKEN_EXAMPLE);
  // It becomes a part of every address, and the number before the colon is the bot's id. Never repeated in the message.
  if (!/^\d+:[\w-]+$/.test(token)) throw new ConfigError("BOT_TOKEN", "is not a token: digits, a colon, letters", TOKEN_EXAMPLE);
  return token;
}
