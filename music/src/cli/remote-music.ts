import { Readable } from "node:stream";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { apiKeys, createFetch, createServiceClient, httpUrl, StartError, tlsSettings } from "@refrain/mesh";
import type { Env } from "@refrain/mesh/env";
import type { MusicAccess, SourceReport } from "./music-access.js";

const SEARCH_MS = 15_000;
const RESOLVE_MS = 40_000;
const CONNECT_MS = 5_000;
/** Of `/health` that are no sources. */
const OTHERS = new Set(["files", "redis"]);

/** A music that runs. @throws StartError when it does not answer */
export async function openRemoteMusic(target: string, env: Env): Promise<MusicAccess> {
  const key = apiKeys(env, "MUSIC_API_KEYS").first;
  const tls = tlsSettings(env);
  const filesUrl = httpUrl(env, "MUSIC_FILES_URL", `${tls ? "https" : "http"}://127.0.0.1:8051`);
  const fetch = await createFetch(tls);
  const timeoutsMs = { resolve: RESOLVE_MS };
  const service = createServiceClient(MusicService, {
    target,
    key,
    tls,
    defaultTimeoutMs: SEARCH_MS,
    timeoutsMs,
    circuitResetMs: 0,
  });
  await service.ready(CONNECT_MS).catch((cause: unknown) => {
    service.close();
    throw new StartError("music does not answer there: is it running, and is --target right?", { cause });
  });

  async function get(path: string, signal: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${key}` };
    return fetch(`${filesUrl}${path}`, { headers, signal }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new StartError("the HTTP door of music does not answer: is MUSIC_FILES_URL right?", { cause });
    });
  }

  return {
    client: service.client,
    async readFile(fileUrl, signal) {
      if (!/^\/files\/[\w.-]+$/.test(fileUrl)) throw new StartError("music names a file in a way that it never does");
      const answer = await get(fileUrl, signal);
      if (!answer.ok || !answer.body) throw new StartError(`music does not give the file out (${answer.status})`);
      return Readable.fromWeb(answer.body);
    },
    async sources(signal) {
      const answer = await get("/health", signal);
      return readReports(await answer.json());
    },
    close: async () => service.close(),
  };
}

function readReports(health: unknown): SourceReport[] {
  const dependencies: unknown = Reflect.get(Object(health), "dependencies");
  return Object.entries(Object(dependencies))
    .filter(([name]) => !OTHERS.has(name))
    .map(([name, state]) => {
      const { ok, detail }: { ok?: unknown; detail?: unknown } = Object(state);
      return { name, ok: ok === true, detail: typeof detail === "string" ? detail : "" };
    });
}
