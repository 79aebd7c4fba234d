import { SourceUnavailableError } from "../../errors.js";
import type { SourceHttp } from "../../http/source-http.js";

const MAX_PAGE_BYTES = 2_000_000;
const CANONICAL = /<link\s+rel="canonical"\s+href="([^"<>\s]{1,2048})"/i;

/** yt-dlp's named extractors do not follow short links. The page that they lead to says what its address is. */
export async function followShortLink(url: string, http: Pick<SourceHttp, "bytes">, signal: AbortSignal): Promise<string> {
  const page = await http.bytes(url, { maxBytes: MAX_PAGE_BYTES, types: ["text/html"] }, signal);
  const found = CANONICAL.exec(new TextDecoder().decode(page))?.[1];
  if (found === undefined) throw new SourceUnavailableError("the link leads to a page that does not say what it is");
  return found;
}
