import type { Logger } from "@refrain/mesh";
import type { Clock } from "../../clock.js";
import type { Covers } from "../../covers/covers.js";

export interface LibraryOptions {
  /** Folder of audio files; made when it does not exist. */
  folder: string;
  /** Where the index is kept between runs. */
  indexFile: string;
  covers: Covers;
  /** Slows `fetch`; 0 = not at all. */
  bytesPerSecond: number;
  clock: Clock;
  logger: Logger;
  /** A file has to stay the same for so long before it is read, in milliseconds. */
  settleMs: number;
  /** So many files that wait are read by threads of their own. Default: 500. */
  threadsFrom?: number | undefined;
}
