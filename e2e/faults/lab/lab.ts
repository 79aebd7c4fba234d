import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { createServiceClient, type ServiceClient, type ServiceClientOptions } from "@refrain/mesh";
import { type RedisProcess, runRedis } from "@refrain/mesh/testing";
import { Listener } from "../../src/listener.js";
import { ROOT } from "../../src/refrain.js";
import { DnsServer } from "./dns-server.js";
import { freePort } from "./free-port.js";
import { Proxy, type ProxyOptions } from "./proxy.js";
import { type ServiceName, ServiceProcess, type Settings } from "./service-process.js";

export const MUSIC_KEY = "faults-music-key-0123456789";
export const STORAGE_KEY = "faults-storage-key-0123456789";
export const BOT_TOKEN = "1:playground";

/** One of the playground's people. */
const BEN = 1002;

/** Three tracks that are there at once. */
const LIBRARY = join(ROOT, "e2e/fixtures/library");

/** What every process here is started with. Limits would end a scenario, and a stop has nobody to wait for. */
const COMMON: Settings = {
  MUSIC_API_KEYS: `faults:${MUSIC_KEY}`,
  STORAGE_API_KEYS: `faults:${STORAGE_KEY}`,
  MUSIC_LIBRARY_DIR: LIBRARY,
  MUSIC_SOURCES: "library",
  MUSIC_SEARCHES_PER_MINUTE: "0",
  MUSIC_DOWNLOADS_PER_MINUTE: "0",
  MUSIC_RUNNING_PER_USER: "0",
  STOP_GRACE_MS: "0",
  STOP_DRAIN_MS: "2000",
  BOT_TOKEN,
  PLAYGROUND_BOT_TOKEN: BOT_TOKEN,
};

/** Processes that have not been ended: nothing outlives this process, however it ends. */
const started = new Set<ServiceProcess>();
process.on("exit", () => started.forEach((one) => one.killNow()));

/** Everything one scenario starts, in a folder of its own. */
export class Lab {
  readonly folder: string;
  readonly #closers: (() => unknown)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Runs a scenario, and ends whatever it has started. */
  static async run<Result>(scenario: (lab: Lab) => Promise<Result>): Promise<Result> {
    const lab = new Lab(await mkdtemp(join(tmpdir(), "refrain-faults-")));
    try {
      return await scenario(lab);
    } finally {
      // The last one first: callers before those whom they call.
      for (const close of lab.#closers.toReversed()) await close();
      await rm(lab.folder, { recursive: true, force: true });
    }
  }

  /** Something to be done at the end. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Starts a service on ports that it keeps over restarts, with a folder of its own. */
  async start(name: ServiceName, settings: Settings = {}, entry?: string): Promise<ServiceProcess> {
    const folder = await mkdtemp(join(await this.#parent(name), "run-"));
    const all = { ...COMMON, DATA_DIR: folder, ...(await ports(name, settings)), ...settings };
    const service = new ServiceProcess(name, all, entry);
    started.add(service);
    this.defer(async () => {
      await service.kill();
      started.delete(service);
    });
    return service.start();
  }

  /** A Redis that keeps what it has over its restarts. */
  async redis(): Promise<RedisProcess> {
    const redis = await runRedis({ folder: await mkdtemp(join(await this.#parent("redis"), "run-")) });
    this.defer(() => redis.kill());
    return redis;
  }

  async proxy(options: ProxyOptions): Promise<Proxy> {
    const proxy = await Proxy.open(options);
    this.defer(() => proxy.close());
    return proxy;
  }

  async dns(): Promise<DnsServer> {
    const dns = await DnsServer.open();
    this.defer(() => dns.close());
    return dns;
  }

  /** A client of music, as the bot has one. */
  music(target: string, options: Partial<ServiceClientOptions<typeof MusicService>> = {}): ServiceClient<typeof MusicService> {
    const client = createServiceClient(MusicService, { target, key: MUSIC_KEY, defaultTimeoutMs: 15_000, ...options });
    this.defer(() => client.close());
    return client;
  }

  /** Storage, the playground and a bot with these settings, and somebody who chats with it in English. */
  async chat(settings: Settings, storageSettings: Settings = {}): Promise<Chat> {
    const [storage, playground] = await Promise.all([this.start("storage", storageSettings), this.start("playground")]);
    const page = `http://${playground.address("page")}`;
    const bot = await this.start("bot", {
      STORAGE_TARGET: `ipv4:${storage.address("grpc")}`,
      TELEGRAM_API_URL: page,
      ...settings,
    });
    return { listener: new Listener(page, BEN), storage, bot, playground };
  }

  async #parent(name: string): Promise<string> {
    const parent = join(this.folder, name);
    await mkdir(parent, { recursive: true });
    return parent;
  }
}

/** Somebody who chats with the bot. */
export interface Chat {
  readonly listener: Listener;
  readonly storage: ServiceProcess;
  readonly bot: ServiceProcess;
  readonly playground: ServiceProcess;
}

/** Variables that move each service's ports. */
const PORTS: Readonly<Record<ServiceName, readonly string[]>> = {
  music: ["MUSIC_PORT", "MUSIC_HTTP_PORT", "MUSIC_OPS_PORT"],
  storage: ["STORAGE_PORT", "STORAGE_HTTP_PORT", "STORAGE_OPS_PORT"],
  bot: ["BOT_HTTP_PORT", "BOT_OPS_PORT"],
  playground: ["PLAYGROUND_PORT"],
};

async function ports(name: ServiceName, settings: Settings): Promise<Settings> {
  const free = async (variable: string) => [variable, settings[variable] ?? String(await freePort())] as const;
  return Object.fromEntries(await Promise.all(PORTS[name].map(free)));
}
