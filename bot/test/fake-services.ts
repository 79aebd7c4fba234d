import { create } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import {
  type AudioFile,
  AudioFileSchema,
  DownloadState,
  MusicService,
  type Progress,
} from "@refrain/gen/refrain/music/v1/music_service_pb";
import { type Track, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import type { SearchResults } from "@refrain/gen/refrain/storage/v1/search_cache_pb";
import { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import { type SavedTrack, SavedTrackSchema } from "@refrain/gen/refrain/storage/v1/track_pb";
import { serviceError } from "@refrain/mesh";
import { inMemoryClient } from "@refrain/mesh/testing";

/** A track that the services accept; `n` makes it unlike others. */
export function track(n: number, fields: { title?: string; uploader?: string } = {}): Track {
  const base = { key: `key${n}`.padEnd(22, "_"), id: `${n}`, title: `Song ${n}`, uploader: "Band", durationSeconds: 204 };
  return create(TrackSchema, { ...base, url: `library://${n}`, source: "library", ...fields });
}

export function audioFile(n: number): AudioFile {
  const names = {
    fileName: `Band - Song ${n}.mp3`,
    fileUrl: `/files/${n}.mp3`,
    thumbnailUrl: `/files/${n}.jpg`,
    mimeType: "audio/mpeg",
  };
  return create(AudioFileSchema, { ...names, title: `Song ${n}`, uploader: "Band", durationSeconds: 204, sizeBytes: 5n });
}

export const down = () => serviceError(Code.Unavailable, "FAILED", "down");

type Handlers<Service extends typeof MusicService | typeof StorageService> = ServiceImpl<Service>;
type ProgressPart = Partial<Omit<Progress, "$typeName" | "$unknown">>;

/** Music with a catalogue; tests replace single handlers. */
export class FakeMusic {
  tracks: Track[] = [];
  readonly searched: string[] = [];
  readonly downloads: string[] = [];
  readonly cancelled: string[] = [];
  /** What `Download` does; by default three messages. */
  download: (url: string, signal: AbortSignal) => AsyncIterable<ProgressPart> = (url) => this.complete(url);
  overrides: Partial<Handlers<typeof MusicService>> = {};

  async *complete(url: string): AsyncIterable<ProgressPart> {
    yield { taskId: "task", sequence: 1n, state: DownloadState.QUEUED, queuePosition: 1 };
    yield { taskId: "task", sequence: 2n, state: DownloadState.FETCHING, downloadedBytes: 2n, totalBytes: 5n };
    yield { taskId: "task", sequence: 3n, state: DownloadState.COMPLETED, file: audioFile(Number(url.split("//")[1])) };
  }

  #handlers(): Handlers<typeof MusicService> {
    const search = (text: string) => {
      this.searched.push(text);
      return { tracks: this.tracks, failedSources: [] };
    };
    const read = (url: string, signal: AbortSignal) => {
      this.downloads.push(url);
      return this.download(url, signal);
    };
    return {
      search: ({ query }) => search(query),
      searchByArtist: ({ artist }) => search(`artist ${artist}`),
      resolve: () => ({ tracks: this.tracks, playlistTitle: "" }),
      async *download({ url }, { signal }) {
        for await (const progress of read(url, signal)) yield { progress };
      },
      cancelDownload: ({ taskId }) => {
        this.cancelled.push(taskId);
        return {};
      },
      getDownload: () => ({}),
      listDownloads: () => ({}),
    };
  }

  client() {
    const handlers = this.#handlers();
    const over = <Name extends keyof Handlers<typeof MusicService>>(name: Name): Handlers<typeof MusicService>[Name] =>
      // One generic wrapper for all methods: the compiler cannot see that arguments and handler belong together.
      ((...args: [never, never]) =>
        ((this.overrides[name] ?? handlers[name]) as (...all: unknown[]) => unknown)(...args)) as never;
    const names = Object.keys(handlers) as (keyof Handlers<typeof MusicService>)[];
    return inMemoryClient(
      MusicService,
      Object.fromEntries(names.map((name) => [name, over(name)])) as Handlers<typeof MusicService>,
    );
  }
}

/** Storage in memory. */
export class FakeStorage {
  isDown = false;
  readonly caches = new Map<string, SearchResults>();
  stale = false;
  readonly fileIds = new Map<string, string>();
  readonly languages = new Map<string, string>();
  readonly known = new Map<string, Track>();
  saved: { userId: string; saved: SavedTrack }[] = [];
  readonly deleted: string[] = [];

  keep(userId: string, kept: Track): SavedTrack {
    this.known.set(kept.key, kept);
    const before = this.saved.find(({ userId: owner, saved }) => owner === userId && saved.track?.key === kept.key);
    if (before) return before.saved;
    const saved = create(SavedTrackSchema, { id: `id-${kept.id}`, track: kept });
    this.saved.unshift({ userId, saved });
    return saved;
  }

  #list(userId: string, query: string): SavedTrack[] {
    const matches = (saved: SavedTrack) => saved.track?.title.toLowerCase().includes(query.toLowerCase()) ?? false;
    return this.saved.filter(({ userId: owner, saved }) => owner === userId && matches(saved)).map(({ saved }) => saved);
  }

  // Those that the bot calls.
  #handlers(): Partial<Handlers<typeof StorageService>> {
    return {
      getSearchCache: ({ kind, query }) => {
        const results = this.caches.get(`${kind} ${query}`);
        return results
          ? { cached: true, results, stale: this.stale, refreshLease: this.stale }
          : { cached: false, refreshLease: true };
      },
      setSearchCache: ({ kind, query, results }) => {
        if (results) this.caches.set(`${kind} ${query}`, results);
        for (const one of results?.tracks ?? []) this.known.set(one.key, one);
        return { stored: true };
      },
      getTracks: ({ keys, userId }) => {
        const found = keys.flatMap((key) => this.known.get(key) ?? []);
        const mine = new Set(this.#list(userId, "").map((saved) => saved.track?.key));
        return {
          tracks: found.map((one) => ({ track: one, saved: mine.has(one.key), telegramFileId: this.fileIds.get(one.url) ?? "" })),
        };
      },
      saveTrack: ({ userId, track: kept }) => ({ savedTrack: kept && this.keep(userId, kept), created: true }),
      listTracks: ({ userId, pageSize, pageToken, query }) => {
        if (pageToken && !/^token-\d+$/.test(pageToken)) throw serviceError(Code.InvalidArgument, "PAGE_TOKEN_INVALID", "no");
        const all = this.#list(userId, query);
        const from = Number(pageToken.split("-")[1] ?? 0);
        const end = from + (pageSize || 20);
        return { tracks: all.slice(from, end), totalCount: all.length, nextPageToken: end < all.length ? `token-${end}` : "" };
      },
      deleteTrack: ({ userId, id }) => {
        this.deleted.push(id);
        this.saved = this.saved.filter(({ userId: owner, saved }) => owner !== userId || saved.id !== id);
        return {};
      },
      setTelegramFile: ({ url, telegramFileId }) => {
        this.fileIds.set(url, telegramFileId);
        return {};
      },
      deleteTelegramFile: ({ url }) => {
        this.fileIds.delete(url);
        return {};
      },
      getUser: ({ userId }) => ({ user: { userId, language: this.languages.get(userId) ?? "" } }),
      updateUser: ({ userId, language = "" }) => {
        this.languages.set(userId, language);
        return { user: { userId, language } };
      },
    };
  }

  client() {
    const guarded = Object.entries(this.#handlers()).map(([name, handle]) => [
      name,
      (...args: unknown[]) => {
        if (this.isDown) throw down();
        return (handle as (...all: unknown[]) => unknown)(...args);
      },
    ]);
    return inMemoryClient(StorageService, Object.fromEntries(guarded) as Handlers<typeof StorageService>);
  }
}
