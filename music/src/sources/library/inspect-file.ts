import type { FileAccess } from "./file-access.js";
import { type AudioFileFacts, type FileStamp, NotATrackError, readAudioFile, restampFile, stampFile } from "./read-audio-file.js";

/** What is asked of a file. */
export interface Question {
  path: string;
  /** The version that is known; it is not read again. */
  known?: FileStamp | undefined;
  /** The version that was seen a moment ago, too young to be read. */
  seen?: FileStamp | undefined;
  /** Younger files are left to settle, in milliseconds; 0: it is known to be complete. */
  settleMs: number;
}

/** What was found. */
export type Inspection =
  | { kind: "known" }
  | { kind: "read"; stamp: FileStamp; facts: AudioFileFacts; picture: Uint8Array | undefined }
  /** It may still be being written. */
  | { kind: "young"; stamp: FileStamp }
  /** It is no track. */
  | { kind: "skipped"; why: string }
  /** Gone between the notice and the reading, or not readable by us. */
  | { kind: "failed"; why: string };

/** Reads a file of the folder when that is due. Rejects only with the signal's reason. */
export async function inspectFile(
  root: string,
  question: Question,
  access: FileAccess,
  signal: AbortSignal,
): Promise<Inspection> {
  const { path, known, seen, settleMs } = question;
  try {
    const stamp = await stampFile(root, path, access);
    const settled = (seen && isSame(seen, stamp)) || !isYoung(stamp, settleMs);
    if (!settled) return { kind: "young", stamp };
    if (known && isSame(known, stamp)) return { kind: "known" };
    const { facts, picture } = await readAudioFile(path, stamp.sizeBytes, access, signal);
    const after = await restampFile(path, access);
    return isSame(stamp, after) ? { kind: "read", stamp, facts, picture } : { kind: "young", stamp: after };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NotATrackError) return { kind: "skipped", why: error.message };
    return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Clocks of file servers may run ahead, hence the absolute value. */
function isYoung({ modifiedMs }: FileStamp, settleMs: number): boolean {
  return Math.abs(Date.now() - modifiedMs) < settleMs;
}

function isSame(one: FileStamp, other: FileStamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.modifiedMs === other.modifiedMs;
}
