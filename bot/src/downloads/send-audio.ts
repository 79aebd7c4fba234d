import { openAsBlob } from "node:fs";
import type { AudioFile } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { isUnknownFile } from "../telegram/call-errors.js";
import { withSignal } from "../telegram/call-policy.js";
import { uploadDuration } from "../metrics.js";
import type { TelegramApi } from "../telegram/messages.js";
import type { MusicFiles } from "./music-files.js";

type SendAudio = Pick<TelegramApi, "sendAudio">;

/** Sends audio that Telegram has already. False: it does not know this file id any more. */
export async function sendKnownAudio(api: SendAudio, chatId: number, fileId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await withSignal(signal, () => api.sendAudio({ chat_id: chatId, audio: fileId }));
    return true;
  } catch (error) {
    if (isUnknownFile(error)) return false;
    throw error;
  }
}

/** Uploads a file of music with its title, performer, length and cover. Returns Telegram's file id. */
export async function uploadAudio(
  { api, files, chatId }: { api: SendAudio; files: MusicFiles; chatId: number },
  track: Track,
  file: AudioFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const thumbnail = await files.cover(file.thumbnailUrl, signal);
  return files.withFile(file.fileUrl, signal, async (path) => {
    // Stays on the disk: read when it is sent, and again when the call has to be repeated.
    const audio = new File([await openAsBlob(path)], file.fileName, { type: file.mimeType });
    const startedAt = performance.now();
    const measure = (outcome: string) => uploadDuration.observe({ outcome }, (performance.now() - startedAt) / 1_000);
    const sending = withSignal(signal, () =>
      api.sendAudio({
        chat_id: chatId,
        audio,
        title: file.title || track.title,
        performer: file.uploader || track.uploader,
        duration: file.durationSeconds || track.durationSeconds,
        ...(thumbnail ? { thumbnail } : {}),
      }),
    );
    const message = await sending.catch((error: unknown) => {
      measure(signal.aborted ? "cancelled" : "failed");
      throw error;
    });
    measure("ok");
    return message.audio?.file_id;
  });
}
