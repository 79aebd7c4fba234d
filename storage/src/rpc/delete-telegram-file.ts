import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { namedFormat } from "../audio-format.js";
import type { TelegramFiles } from "../repo/telegram-files.js";
import { storableName } from "../storable-name.js";
import { trackKey } from "../track-key.js";

export function deleteTelegramFile(
  files: Pick<TelegramFiles, "remove">,
): MethodImpl<typeof StorageService.method.deleteTelegramFile> {
  return async ({ botId, url, format, telegramFileId }) => {
    const key = { botId: storableName("bot_id", botId), trackKey: trackKey(url), format: namedFormat(format) };
    await files.remove(key, storableName("telegram_file_id", telegramFileId));
    return {};
  };
}
