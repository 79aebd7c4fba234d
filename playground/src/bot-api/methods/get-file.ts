import { badRequest } from "../../model/api-error.js";
import { fileByFileId, fileId, type FileStore, type StoredFile } from "../../model/file-store.js";
import type { ApiCall } from "../method.js";

/** Bots may fetch files up to here. */
const MAX_BYTES = 20 * 1024 * 1024;

export function getFile(call: ApiCall): Record<string, unknown> {
  const id = call.params.get("file_id")?.trim() ?? "";
  if (id === "") throw badRequest("file_id not specified");
  const file = fileByFileId(call.world.files, call.bot.saved.id, id);
  if (file === undefined) throw badRequest("wrong file_id or the file is temporarily unavailable");
  if (file.sizeBytes > MAX_BYTES) throw badRequest("file is too big");
  return { file_id: fileId(file), file_unique_id: file.uniqueId, file_size: file.sizeBytes, file_path: filePath(file) };
}

function filePath(file: StoredFile): string {
  const folder = "audio" in file.content ? "music" : "document" in file.content ? "documents" : "thumbnails";
  return `${folder}/${file.uniqueId}.${file.extension}`;
}

/** The file behind a `file_path` of `/file/bot<token>/…`; undefined for any other path and any other bot. */
export function fileByPath(store: FileStore, botId: number, path: string): StoredFile | undefined {
  const name = /^[a-z]+\/([\w-]+)\.\w+$/.exec(path)?.[1];
  const file = name === undefined ? undefined : store.find(name);
  return file?.botId === botId && filePath(file) === path ? file : undefined;
}
