import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Logger } from "@refrain/mesh";
import type { Downloads } from "./downloads/downloads.js";
import { cancelDownload } from "./rpc/cancel-download.js";
import { download } from "./rpc/download.js";
import { getDownload } from "./rpc/get-download.js";
import { listDownloads } from "./rpc/list-downloads.js";
import { resolve } from "./rpc/resolve.js";
import { search } from "./rpc/search.js";
import { searchByArtist } from "./rpc/search-by-artist.js";
import type { Source } from "./sources/source.js";

export interface RouteOptions {
  /** The enabled ones. */
  sources: readonly Source[];
  downloads: Downloads;
  logger: Logger;
}

/** The RPCs of music. */
export function routes({ sources, downloads, logger }: RouteOptions): ServiceImpl<typeof MusicService> {
  return {
    search: search(sources, logger),
    searchByArtist: searchByArtist(sources, logger),
    resolve: resolve(sources),
    download: download(downloads),
    getDownload: getDownload(downloads),
    cancelDownload: cancelDownload(downloads),
    listDownloads: listDownloads(downloads),
  };
}
