import type { TrackBytes } from "./mp3-bytes.js";

/** What `/metadata/ID` answers, as loose as the real ones are. */
export interface ItemDocument {
  metadata?: Record<string, unknown>;
  files?: readonly (Record<string, unknown> | null)[];
  is_dark?: boolean;
  [key: string]: unknown;
}

/** A made item with one track. */
export function makeItem(identifier: string, fileName: string, title: string, bytes: TrackBytes): ItemDocument {
  const number = Number(/\d+$/.exec(identifier)?.[0] ?? 0);
  const common = { mtime: "1762000000", md5: "0".repeat(32), title, creator: "The Silent Frames", album: `${title} (single)` };
  const clock = `${Math.floor(bytes.seconds / 60)}:${String(Math.floor(bytes.seconds % 60)).padStart(2, "0")}`;
  return {
    created: 1_762_000_000,
    d1: "ia600504.us.archive.org",
    dir: `/7/items/${identifier}`,
    files: [
      // Both spellings of a length are common.
      {
        ...common,
        name: fileName,
        source: "original",
        format: "VBR MP3",
        size: String(bytes.sizeBytes),
        length: number % 2 ? clock : String(bytes.seconds),
      },
      { name: `${identifier}_meta.xml`, source: "original", format: "Metadata", size: "700" },
      { name: "__ia_thumb.jpg", source: "original", format: "Item Tile", size: "9000" },
    ],
    files_count: 3,
    item_last_updated: 1_762_000_000,
    item_size: bytes.sizeBytes,
    metadata: {
      identifier,
      mediatype: "audio",
      title: `${title} (single)`,
      creator: "The Silent Frames",
      collection: ["opensource_audio", "community"],
      licenseurl: "https://creativecommons.org/licenses/by/4.0/",
      downloads: 1_000 - number,
    },
    server: "ia600504.us.archive.org",
    uniq: 1_234_567,
    workable_servers: ["ia600504.us.archive.org"],
  };
}

/** The row of the search index that belongs to an item. */
export function toSearchDocument({ metadata = {}, files = [] }: ItemDocument): Record<string, unknown> {
  const format = [...new Set(files.map((file) => file?.format).filter((name) => typeof name === "string"))];
  return { ...metadata, format };
}

/** What `advancedsearch.php` answers. */
export function searchAnswer(found: readonly Record<string, unknown>[], parameters: URLSearchParams): unknown {
  const rows = Number(parameters.get("rows") ?? 50);
  const fields = parameters.getAll("fl[]");
  const sorted = parameters.getAll("sort[]").includes("downloads desc")
    ? found.toSorted((a, b) => Number(b.downloads ?? 0) - Number(a.downloads ?? 0))
    : found;
  const docs = sorted.slice(0, rows).map((document) => {
    const names = fields.length > 0 ? fields : Object.keys(document);
    return Object.fromEntries(names.filter((name) => document[name] !== undefined).map((name) => [name, document[name]]));
  });
  const params = { query: parameters.get("q"), rows: String(rows), start: 0 };
  return { responseHeader: { status: 0, QTime: 12, params }, response: { numFound: found.length, start: 0, docs } };
}
