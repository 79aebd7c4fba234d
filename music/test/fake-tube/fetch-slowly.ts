// A process of its own that fetches a track with yt-dlp, for tests that kill it. It says each step in a line.
import { parseArgs } from "node:util";
import { silentLogger } from "@refrain/mesh/testing";
import { createAddressGuard } from "../../src/guard/address-guard.js";
import { startGuardProxy } from "../../src/guard/guard-proxy.js";
import { createYtdlpSources } from "../../src/sources/ytdlp/create-ytdlp-sources.js";

const { values } = parseArgs({
  options: {
    path: { type: "string", default: "" },
    "tool-path": { type: "string", default: "" },
    host: { type: "string", default: "" },
    env: { type: "string", default: "{}" },
    url: { type: "string", default: "" },
    folder: { type: "string", default: "" },
  },
});
const logger = silentLogger();
const proxy = await startGuardProxy({ guard: createAddressGuard({ allow: [values.host] }), logger });
const http = { bytes: () => Promise.reject(new Error("no pictures here")) };
const env: Record<string, string> = JSON.parse(values.env);
const [source] = await createYtdlpSources({ path: values.path, toolPath: values["tool-path"], proxy, http, logger, env });
const { signal } = new AbortController();
const found = await source?.resolve(values.url, signal);
const progress = (bytes: number) => process.stdout.write(`progress ${bytes}\n`);
await found?.fetch({ folder: values.folder, maxBytes: 0, progress }, signal);
