import { randomBytes, randomInt } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join, relative, resolve } from "node:path";
import { optionalText, port, StartError, text, type Env } from "@refrain/mesh/env";

/** Variables that move a port, with their defaults. */
const PORTS = {
  MUSIC_PORT: 50051,
  MUSIC_HTTP_PORT: 8051,
  MUSIC_OPS_PORT: 9051,
  STORAGE_PORT: 50052,
  STORAGE_HTTP_PORT: 8052,
  STORAGE_OPS_PORT: 9052,
  BOT_HTTP_PORT: 8050,
  BOT_OPS_PORT: 9050,
  PLAYGROUND_PORT: 8080,
} as const;

export type PortName = keyof typeof PORTS;

/** What `npm start` runs with. */
export interface Settings {
  /** The environment given, for whatever is not decided here. */
  readonly env: Env;
  /** Address the services bind to. */
  readonly host: string;
  /** Every port, none of them 0. */
  readonly ports: Readonly<Record<PortName, number>>;
  readonly keys: Readonly<Record<"music" | "storage", KeySetting>>;
  /** Files with certificates, as the services will read them. */
  readonly tls: Readonly<Record<"cert" | "key" | "ca", string | undefined>>;
  /** True: no BOT_TOKEN, so the playground is Telegram. */
  readonly playground: boolean;
}

export interface KeySetting {
  /** Value of the variable that names the keys. */
  readonly list: string;
  /** File with the key that we made, as short as it can be said; undefined when the keys were given. */
  readonly file: string | undefined;
}

/** Reads the environment; makes and keeps what is missing: keys in `DATA_DIR/keys`, a free port for each 0. */
export async function readSettings(env: Env): Promise<Settings> {
  const host = text(env, "BIND_HOST", "127.0.0.1");
  const keyFolder = resolve(text(env, "DATA_DIR", "./data"), "keys");
  const [music, storage] = [await readKey(env, keyFolder, "music"), await readKey(env, keyFolder, "storage")];
  const playground = optionalText(env, "BOT_TOKEN") === undefined;
  const tls = {
    cert: optionalText(env, "TLS_CERT_FILE"),
    key: optionalText(env, "TLS_KEY_FILE"),
    ca: optionalText(env, "TLS_CA_FILE"),
  };
  return { env, host, ports: await settlePorts(env, host), keys: { music, storage }, tls, playground };
}

async function readKey(env: Env, folder: string, service: "music" | "storage"): Promise<KeySetting> {
  const given = optionalText(env, `${service.toUpperCase()}_API_KEYS`);
  if (given !== undefined) return { list: given, file: undefined };
  const file = join(folder, `${service}.key`);
  try {
    const key = (await readFile(file, "utf8").catch(() => "")).trim() || (await makeKey(folder, file)); // no file: the first start
    return { list: `local:${key}`, file: shortPath(file) };
  } catch (cause) {
    throw new StartError(`cannot keep a key in ${folder}: make it writable, or set DATA_DIR to another folder`, { cause });
  }
}

function shortPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") ? file : short;
}

async function makeKey(folder: string, file: string): Promise<string> {
  const key = randomBytes(32).toString("base64url");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function settlePorts(env: Env, host: string): Promise<Record<PortName, number>> {
  const settled: Record<PortName, number> = { ...PORTS };
  const held: Server[] = [];
  try {
    for (const name of Object.keys(PORTS) as PortName[]) {
      // The services must know each other's ports, so 0 is settled here and stays the same through restarts.
      settled[name] = port(env, name, PORTS[name]) || (await holdPort(host, held));
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
  return settled;
}

/** Below the ports that systems give to outgoing connections, which could take one again before its service does. */
const CHOSEN_PORTS = { min: 10_000, max: 32_000 };
const CHOICES = 100;

/** Finds a free port and holds it, so that no other variable is given the same one. */
async function holdPort(host: string, held: Server[]): Promise<number> {
  for (let choice = 0; choice < CHOICES; choice++) {
    const number = randomInt(CHOSEN_PORTS.min, CHOSEN_PORTS.max);
    const server = createServer();
    const free = await new Promise((answer) => {
      server.once("error", () => answer(false)).listen(number, host, () => answer(true));
    });
    if (!free) continue;
    held.push(server);
    return number;
  }
  throw new StartError(`no free port was found on ${host}: set BIND_HOST to an address of this machine`);
}
