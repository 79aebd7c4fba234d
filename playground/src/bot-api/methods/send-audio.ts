import { open, type FileHandle } from "node:fs/promises";
import { badRequest } from "../../model/api-error.js";
import { fileByFileId, fileId, type StoredFile } from "../../model/file-store.js";
import type { Audio, Message, PhotoSize } from "../../shapes/bot-api.js";
import type { ApiCall } from "../method.js";
import { integer, openChatParam } from "../params.js";
import type { Upload } from "../read-request.js";
import { captionParam } from "./edit-message.js";
import { jpegProblem, readJpegSize } from "./jpeg.js";
import { send } from "./send-message.js";

/** By upload (multipart, directly or `attach://`) or by `file_id`. Links are not fetched. */
export async function sendAudio(call: ApiCall): Promise<Message> {
  const target = openChatParam(call.world, call.bot, call.params);
  const caption = captionParam(call);
  const file = await audioFile(call);
  return send(call, target, { ...file.content, ...caption });
}

async function audioFile(call: ApiCall): Promise<StoredFile> {
  const upload = findUpload(call, "audio");
  if (upload !== undefined) return storeAudio(call, upload);
  const given = call.params.get("audio") ?? "";
  if (given === "") throw badRequest("there is no audio in the request");
  if (/^https?:/.test(given)) throw badRequest("failed to get HTTP URL content");
  const file = fileByFileId(call.world.files, call.bot.saved.id, given);
  if (file === undefined) throw badRequest("wrong file identifier/HTTP URL specified");
  if ("thumbnail" in file.content) throw badRequest("can't use file of type Thumbnail as Audio");
  return file;
}

/** The part of this name, or the one its parameter points at with `attach://`. */
function findUpload(call: ApiCall, name: string): Upload | undefined {
  const link = call.params.get(name);
  if (link?.startsWith("attach://") !== true) return call.uploads.get(name);
  const upload = call.uploads.get(link.slice("attach://".length));
  if (upload === undefined) throw badRequest("wrong file identifier/HTTP URL specified");
  return upload;
}

async function storeAudio(call: ApiCall, upload: Upload): Promise<StoredFile> {
  if (upload.sizeBytes === 0) throw badRequest("file must be non-empty");
  const mimeType = sniffAudio(await readStart(upload.path, 12));
  const file: Omit<StoredFile, "content"> = {
    uniqueId: call.world.files.newUniqueId(),
    botId: call.bot.saved.id,
    extension: mimeType === "audio/mpeg" ? "mp3" : mimeType === "audio/mp4" ? "m4a" : "bin",
    mimeType,
    sizeBytes: upload.sizeBytes,
  };
  const shared = {
    file_id: fileId(file),
    file_unique_id: file.uniqueId,
    mime_type: mimeType,
    file_size: upload.sizeBytes,
    ...(upload.fileName !== "" && { file_name: upload.fileName }),
  };
  // Telegram's music player takes MP3 and M4A; anything else arrives as a plain file.
  const isMusic = mimeType.startsWith("audio/");
  if (!isMusic) call.note("neither MP3 nor M4A: sent as a document");
  const content = isMusic ? { audio: await describeAudio(call, shared) } : { document: shared };
  const stored = { ...file, content };
  await call.world.files.add(upload.path, stored);
  return stored;
}

async function describeAudio(call: ApiCall, shared: Omit<Audio, "duration">): Promise<Audio> {
  const thumbnail = await storeThumbnail(call);
  const { params } = call;
  const performer = params.get("performer") ?? "";
  const title = params.get("title") ?? "";
  return {
    duration: integer(params, "duration", 0, 0, 2 ** 31 - 1),
    ...(performer !== "" && { performer: performer.slice(0, 256) }),
    ...(title !== "" && { title: title.slice(0, 256) }),
    ...shared,
    ...(thumbnail && { thumbnail }),
  };
}

/** Telegram ignores a thumbnail that breaks its rules, without an error. So do we, with a remark in the call log. */
async function storeThumbnail(call: ApiCall): Promise<PhotoSize | undefined> {
  const upload = findUpload(call, "thumbnail") ?? findUpload(call, "thumb");
  if (upload === undefined) {
    if (call.params.get("thumbnail")) call.note("thumbnail ignored: it can only be uploaded");
    return undefined;
  }
  const size = upload.sizeBytes <= 200_000 ? readJpegSize(await readStart(upload.path, upload.sizeBytes)) : undefined;
  const problem = jpegProblem(upload.sizeBytes, size);
  if (size === undefined || problem !== undefined) {
    call.note(`thumbnail ignored: ${problem ?? "not a JPEG"}`);
    return undefined;
  }
  const file = {
    uniqueId: call.world.files.newUniqueId(),
    botId: call.bot.saved.id,
    extension: "jpg",
    mimeType: "image/jpeg",
    sizeBytes: upload.sizeBytes,
  };
  const thumbnail = { file_id: fileId(file), file_unique_id: file.uniqueId, file_size: upload.sizeBytes, ...size };
  await call.world.files.add(upload.path, { ...file, content: { thumbnail } });
  return thumbnail;
}

async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file: FileHandle = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function sniffAudio(start: Buffer): string {
  if (start.subarray(0, 3).toString("latin1") === "ID3") return "audio/mpeg";
  if (start.length > 1 && start.readUInt16BE(0) >= 0xffe0) return "audio/mpeg";
  if (start.subarray(4, 8).toString("latin1") === "ftyp") return "audio/mp4";
  return "application/octet-stream";
}
