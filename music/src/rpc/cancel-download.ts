import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { endUserOf } from "@refrain/mesh";
import type { Downloads } from "../downloads/downloads.js";

export function cancelDownload(downloads: Pick<Downloads, "cancel">): MethodImpl<typeof MusicService.method.cancelDownload> {
  return async ({ taskId, userId }, context) => {
    await downloads.cancel(taskId, endUserOf(context, userId));
    return {};
  };
}
