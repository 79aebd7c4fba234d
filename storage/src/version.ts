import { createRequire } from "node:module";

/** Version of this package, as `/health` tells it. The same path from `src` and from `dist`. */
export const VERSION = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
