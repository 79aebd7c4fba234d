import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { sendFile } from "./send-file.js";

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  svg: "image/svg+xml",
};

/** Both `src/web` and `dist/web` are two folders below the package. */
const PACKAGE = new URL("../../", import.meta.url);

/** Serves the page; false for a path that is none of it. */
export type Assets = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>;

/**
 * The page: `page/` as it is, the compiled scripts of `dist/page`, and preact and htm straight from node_modules,
 * which the import map in `index.html` names.
 */
export function createAssets(): Assets {
  const index = fileURLToPath(new URL("page/index.html", PACKAGE));
  const policy = contentSecurityPolicy(readFileSync(index, "utf8"));
  return async (request, response, path) => {
    const file = path === "/" ? index : locate(path);
    if (file === undefined) return false;
    response.setHeader("content-security-policy", policy);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("cross-origin-opener-policy", "same-origin");
    await sendFile(request, response, file, TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream", "no-cache");
    return true;
  };
}

function locate(path: string): string | undefined {
  const vendor = /^\/vendor\/([a-z-]+)\.js$/.exec(path)?.[1];
  if (vendor !== undefined) return vendorFile(vendor);
  const style = /^\/page\/([\w-]+\.(?:css|svg))$/.exec(path)?.[1];
  if (style !== undefined) return fileURLToPath(new URL(`page/${style}`, PACKAGE));
  const script = /^\/app\/((?:[\w-]+\/)?[\w-]+\.js)$/.exec(path)?.[1];
  return script === undefined ? undefined : fileURLToPath(new URL(`dist/page/${script}`, PACKAGE));
}

/** The browser builds, found beside the ones that Node resolves. */
function vendorFile(name: string): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  if (name === "preact") return resolve("preact").replace(/[^/]+$/, "preact.module.js");
  if (name === "preact-hooks") return resolve("preact/hooks").replace(/[^/]+$/, "hooks.module.js");
  if (name === "htm") return resolve("htm").replace(/[^/]+$/, "htm.module.js");
  return undefined;
}

/** Nothing from elsewhere; of inline scripts only the import map, by its hash. */
function contentSecurityPolicy(html: string): string {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
  const hash = createHash("sha256").update(map).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
