import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Clock, pause } from "../../clock.js";

export interface CopyOptions {
  /** At most so many bytes a second; 0 = as fast as the disk. */
  bytesPerSecond: number;
  clock: Clock;
  /** Called after every piece with all bytes copied so far. */
  onBytes: (bytes: number) => void;
}

const MAX_CHUNK_BYTES = 256 * 1024;
/** Pieces a second when the speed is limited: enough for a smooth bar. */
const CHUNKS_PER_SECOND = 10;

/** Copies a file in pieces and reports each. Stops between two pieces when the signal fires. */
export async function copyFile(from: string, to: string, options: CopyOptions, signal: AbortSignal): Promise<void> {
  // Not through a link that took the file's place after it was indexed.
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = await open(to, "wx");
    try {
      await copyPieces(source, target, options, signal);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyPieces(source: FileHandle, target: FileHandle, options: CopyOptions, signal: AbortSignal): Promise<void> {
  const { bytesPerSecond, clock, onBytes } = options;
  const chunkBytes =
    bytesPerSecond > 0 ? Math.min(MAX_CHUNK_BYTES, Math.ceil(bytesPerSecond / CHUNKS_PER_SECOND)) : MAX_CHUNK_BYTES;
  const started = clock.now();
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let copied = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, chunkBytes, copied);
    if (bytesRead === 0) return;
    // Counted from the start and not from the piece before, so that slow pieces do not add up.
    const dueMs = bytesPerSecond > 0 ? started + ((copied + bytesRead) / bytesPerSecond) * 1000 - clock.now() : 0;
    if (dueMs > 0) await pause(clock, dueMs, signal);
    await target.appendFile(buffer.subarray(0, bytesRead));
    copied += bytesRead;
    onBytes(copied);
  }
}
