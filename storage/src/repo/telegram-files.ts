import sql from "sql-template-tag";
import type { Prisma } from "./prisma.js";
import type { Sql } from "./sql.js";

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

export function createTelegramFiles(db: Sql, prisma: Prisma): TelegramFiles {
  return {
    set: (key, fileId, now) => keepFile(db, key, fileId, now),
    async remove(key, fileId) {
      const { telegramFile } = await prisma.client();
      await telegramFile.deleteMany({ where: fileId === "" ? key : { ...key, fileId } });
    },
  };
}

/** The same as `set`, also inside of a transaction. */
export async function keepFile(db: Sql, { botId, trackKey, format }: TelegramFileKey, fileId: string, now: Date): Promise<void> {
  await db.run(sql`
    INSERT INTO telegram_files (bot_id, track_key, format, file_id, updated_at)
    VALUES (${botId}, ${trackKey}, ${format}, ${fileId}, ${now})
    ON CONFLICT (bot_id, track_key, format) DO UPDATE SET file_id = excluded.file_id, updated_at = excluded.updated_at`);
}
