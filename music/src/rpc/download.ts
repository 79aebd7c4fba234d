import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Downloads } from "../downloads/downloads.js";

export function download(downloads: Pick<Downloads, "download">): MethodImpl<typeof MusicService.method.download> {
  return async function* ({ url, userId, format }, { signal }) {
    for await (const progress of downloads.download({ url, userId, format }, signal)) yield { progress };
  };
}
