import { UnsupportedUrlError } from "../errors.js";
import type { Source } from "./source.js";

/** The source that handles a link, and the link's one form. @throws UnsupportedUrlError */
export function sourceOfLink(sources: readonly Source[], url: string): { source: Source; canonicalUrl: string } {
  for (const source of sources) {
    const canonicalUrl = source.canonicalUrl(url);
    if (canonicalUrl !== undefined) return { source, canonicalUrl };
  }
  throw new UnsupportedUrlError("no source handles this link");
}
