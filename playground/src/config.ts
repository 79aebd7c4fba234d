import { join } from "node:path";
import {
  apiKeys,
  ConfigError,
  httpUrl,
  list,
  logLevel,
  optionalText,
  port,
  text,
  tlsSettings,
  type Env,
  type Tls,
} from "@refrain/mesh";

/** Everything the playground reads from its environment. Nothing else reads `process.env`. */
export interface Config {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Keeps chats and files. */
  folder: string;
  /** Bot that the page belongs to before any bot introduced itself. */
  botToken: string;
  /** Host names that the page may be opened by, beside localhost and addresses. */
  hosts: readonly string[];
  /** HTTP doors that the page's cards watch. */
  musicUrl: string;
  storageUrl: string;
  botUrl: string;
  /** Certificates for these doors; the playground's own page has none. */
  tls?: Tls | undefined;
  /** Key for the download card; undefined: the card says that it has none. Never leaves this process but to music. */
  musicKey: string | undefined;
  logLevel: string;
}

export function readConfig(env: Env): Config {
  const botToken = text(env, "PLAYGROUND_BOT_TOKEN", "1:playground");
  if (!/^[1-9]\d*:\S{1,200}$/.test(botToken)) {
    throw new ConfigError("PLAYGROUND_BOT_TOKEN", "is not of the form NUMBER:TEXT", "1:playground");
  }
  return {
    host: text(env, "BIND_HOST", "127.0.0.1"),
    port: port(env, "PLAYGROUND_PORT", 8080),
    folder: join(text(env, "DATA_DIR", "./data"), "playground"),
    botToken,
    hosts: list(env, "PLAYGROUND_HOSTS", []).map((name) => name.toLowerCase()),
    musicUrl: httpUrl(env, "MUSIC_HTTP_URL", "http://127.0.0.1:8051"),
    storageUrl: httpUrl(env, "STORAGE_HTTP_URL", "http://127.0.0.1:8052"),
    botUrl: httpUrl(env, "BOT_HTTP_URL", "http://127.0.0.1:8050"),
    tls: tlsSettings(env),
    musicKey: optionalText(env, "MUSIC_API_KEYS") === undefined ? undefined : apiKeys(env, "MUSIC_API_KEYS").first,
    logLevel: logLevel(env),
  };
}
