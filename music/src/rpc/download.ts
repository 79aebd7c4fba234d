import type { MethodImpl } from "@connectrpc/connect";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { callSpan, endUserOf } from "@refrain/mesh";
import type { Downloads } from "../downloads/downloads.js";

export function download(downloads: Pick<Downloads, "download">): MethodImpl<typeof MusicService.method.download> {
  return async function* ({ url, userId, format }, context) {
    const request = { url, userId: endUserOf(context, userId), format, caller: callSpan(context.values) };
    for await (const progress of downloads.download(request, context.signal)) yield { progress };
  };
}
