import type { PortName, Settings } from "./settings.js";

/** One process to run. */
export interface Process {
  readonly name: string;
  /** Path of its entry point, from the root of the project. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Process that must serve before this one starts. Everything else starts at once: a start is mostly loading code. */
  readonly after?: string;
}

/** Slow enough that the progress of a sample track can be watched. */
const WATCHABLE_BYTES_PER_SECOND = "150000";

/** The playground's bot. Its token opens nothing but the playground. */
const PLAYGROUND_TOKEN = "1:playground";

/** A laptop has no balancer to wait for, and Ctrl-C should be quick. */
const QUICK_STOP = { STOP_GRACE_MS: "0", STOP_DRAIN_MS: "1000" };

/** What runs, with which settings; the last one is stopped first. What the environment says goes before what is said here. */
export function planOf(settings: Settings): Process[] {
  const { env, keys, playground } = settings;
  const shared = {
    ...QUICK_STOP,
    ...env,
    ...portVariables(settings),
    MUSIC_API_KEYS: keys.music.list,
    STORAGE_API_KEYS: keys.storage.list,
  };
  const service = (name: string, extra: Process["env"] = {}): Process => ({
    name,
    entry: `${name}/dist/main.js`,
    env: { ...shared, ...extra },
  });
  const speed = env.LIBRARY_BYTES_PER_SECOND ?? (playground ? WATCHABLE_BYTES_PER_SECOND : undefined);
  // Storage first: opening its database takes longest.
  const backends = [service("storage"), service("music", { LIBRARY_BYTES_PER_SECOND: speed })];
  if (!playground) return [...backends, service("bot", addresses(settings))];
  const telegram = { BOT_TOKEN: PLAYGROUND_TOKEN, TELEGRAM_API_URL: localUrl(settings, "PLAYGROUND_PORT") };
  const local = service("playground", { ...healthUrls(settings), PLAYGROUND_BOT_TOKEN: PLAYGROUND_TOKEN });
  const bot = service("bot", { ...addresses(settings), ...telegram });
  return [...backends, local, { ...bot, after: "playground" }];
}

/** Address of a door on this machine, whatever the services bind to. Over TLS by name, if there is one to certify. */
export function localAddress(settings: Settings, name: PortName): string {
  const host = reachable(settings.host);
  return `${host === "127.0.0.1" && isSecure(settings, name) ? "localhost" : host}:${settings.ports[name]}`;
}

/** The same for HTTP. */
export function localUrl(settings: Settings, name: PortName): string {
  return `${isSecure(settings, name) ? "https" : "http"}://${localAddress(settings, name)}`;
}

/** Services with a certificate speak TLS at all of their doors; the playground is none of them. */
function isSecure({ tls }: Settings, name: PortName): boolean {
  return tls.cert !== undefined && name !== "PLAYGROUND_PORT";
}

function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function portVariables({ ports }: Settings): Process["env"] {
  return Object.fromEntries(Object.entries(ports).map(([name, number]) => [name, String(number)]));
}

function addresses(settings: Settings): Process["env"] {
  const { env } = settings;
  return {
    MUSIC_TARGET: env.MUSIC_TARGET ?? `dns:///${localAddress(settings, "MUSIC_PORT")}`,
    STORAGE_TARGET: env.STORAGE_TARGET ?? `dns:///${localAddress(settings, "STORAGE_PORT")}`,
    MUSIC_FILES_URL: env.MUSIC_FILES_URL ?? localUrl(settings, "MUSIC_HTTP_PORT"),
  };
}

function healthUrls(settings: Settings): Process["env"] {
  return {
    MUSIC_HTTP_URL: localUrl(settings, "MUSIC_HTTP_PORT"),
    STORAGE_HTTP_URL: localUrl(settings, "STORAGE_HTTP_PORT"),
    BOT_HTTP_URL: localUrl(settings, "BOT_HTTP_PORT"),
  };
}
