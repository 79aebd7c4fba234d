import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { namedFormat } from "../audio-format.js";
import type { Clock } from "../clock.js";
import type { Bell } from "../deliveries/bell.js";
import type { TelegramFiles } from "../repo/telegram-files.js";
import { storableName } from "../storable-name.js";
import { trackKey } from "../track-key.js";

export function setTelegramFile(
  files: Pick<TelegramFiles, "set">,
  bell: Pick<Bell, "ring">,
  now: Clock,
): MethodImpl<typeof StorageService.method.setTelegramFile> {
  return async ({ botId, url, format, telegramFileId }) => {
    const key = { botId: storableName("bot_id", botId), trackKey: trackKey(url), format: namedFormat(format) };
    await files.set(key, storableName("telegram_file_id", telegramFileId), now());
    // Deliveries may have waited for this name.
    bell.ring(botId);
    return {};
  };
}
