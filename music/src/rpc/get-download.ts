import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Downloads } from "../downloads/downloads.js";

export function getDownload(downloads: Pick<Downloads, "get">): MethodImpl<typeof MusicService.method.getDownload> {
  return async ({ taskId }) => ({ progress: await downloads.get(taskId) });
}
