import type { Fetch } from "@refrain/mesh";
import type { DownloadsView, DownloadView } from "../shapes/page-api.js";

const DEADLINE_MS = 1500;

/** Asks music's JSON door what it downloads. The key stays in this process. Never rejects. */
export async function readDownloads(
  musicUrl: string,
  key: string | undefined,
  signal: AbortSignal,
  send: Fetch = fetch,
): Promise<DownloadsView> {
  if (key === undefined) return { available: false, detail: "MUSIC_API_KEYS is not set", downloads: [] };
  try {
    const response = await send(`${musicUrl}/refrain.music.v1.MusicService/ListDownloads`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ pageSize: 10 }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    });
    const body = (await response.json()) as { downloads?: Record<string, unknown>[] };
    if (!response.ok) return { available: false, detail: `music answered ${response.status}`, downloads: [] };
    return { available: true, detail: "", downloads: (body.downloads ?? []).map(readDownload) };
  } catch {
    return { available: false, detail: "music does not answer", downloads: [] }; // the card says it; the log would repeat it every second
  }
}

/** Protobuf's JSON leaves out zeroes and writes 64-bit numbers as text. */
function readDownload(json: Record<string, unknown>): DownloadView {
  const track = (json["track"] ?? {}) as Record<string, unknown>;
  const state = textOf(json["state"]).replace("DOWNLOAD_STATE_", "");
  return {
    task_id: textOf(json["taskId"]),
    title: textOf(track["title"]),
    performer: textOf(track["uploader"]),
    state: state.toLowerCase(),
    queue_position: Number(json["queuePosition"] ?? 0),
    downloaded_bytes: Number(json["downloadedBytes"] ?? 0),
    total_bytes: Number(json["totalBytes"] ?? 0),
    bytes_per_second: Number(json["bytesPerSecond"] ?? 0),
    eta_seconds: Number(json["etaSeconds"] ?? 0),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
