import type { PrismaClient } from "../generated/prisma/client.js";

/** Names one upload. */
interface TelegramFileKey {
  readonly botId: string;
  readonly trackKey: string;
  /** Number of refrain.music.v1.AudioFormat, never UNSPECIFIED. */
  readonly format: number;
}

export interface TelegramFiles {
  /** Keeps Telegram's name of an upload, in place of an older one. */
  set(key: TelegramFileKey, fileId: string, now: Date): Promise<void>;
  /** Forgets the name if it still is this one. Empty: whichever it is. */
  remove(key: TelegramFileKey, fileId: string): Promise<void>;
}

export function createTelegramFiles(prisma: PrismaClient): TelegramFiles {
  return {
    async set({ botId, trackKey, format }, fileId, now) {
      await prisma.telegramFile.upsert({
        where: { botId_trackKey_format: { botId, trackKey, format } },
        create: { botId, trackKey, format, fileId, updatedAt: now },
        update: { fileId, updatedAt: now },
        select: { format: true },
      });
    },
    async remove(key, fileId) {
      await prisma.telegramFile.deleteMany({ where: fileId === "" ? key : { ...key, fileId } });
    },
  };
}
