import { join } from "node:path";

/** Folder of the embedded database under DATA_DIR. */
export function embeddedFolder(dataDir: string): string {
  return join(dataDir, "storage");
}
