import { join } from "node:path";
import type { Logger } from "@refrain/mesh";
import { systemClock } from "../../clock.js";
import type { Config } from "../../config.js";
import type { Covers } from "../../covers/covers.js";
import { type Library, openLibrary } from "./library.js";

/** The library that settings name. @param settleMs a file has to stay the same for so long before it is read */
export function openConfiguredLibrary(config: Config, covers: Covers, logger: Logger, settleMs: number): Promise<Library> {
  return openLibrary({
    folder: config.libraryDir,
    indexFile: join(config.dataDir, "music", "library-index.json"),
    covers,
    bytesPerSecond: config.libraryBytesPerSecond,
    clock: systemClock,
    logger,
    settleMs,
  });
}
