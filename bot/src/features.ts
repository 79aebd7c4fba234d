import type { Logger } from "@refrain/mesh";
import type { Clock } from "./clock.js";
import { createCollection, type Collection } from "./collection/collection.js";
import { createDeliver } from "./downloads/delivery.js";
import { createDownloads, type Downloads } from "./downloads/downloads.js";
import type { MusicFiles } from "./downloads/music-files.js";
import { createShelf } from "./downloads/shelf.js";
import { createLanguages, type Languages } from "./languages.js";
import { createListenerOf, type ListenerOf } from "./listener.js";
import { createOpenMenu, type OpenMenu } from "./menu.js";
import { createPrompts, type Prompts } from "./prompts.js";
import { createRunner, type Runner } from "./runner.js";
import { createFindTracks } from "./search/find-tracks.js";
import { createKnownTracks } from "./search/known-tracks.js";
import { createResultPages, type ResultPages } from "./search/result-pages.js";
import { createSearchText, type SearchText } from "./search/search-text.js";
import type { Services } from "./services.js";
import { createSlots } from "./slots.js";
import type { TelegramApi } from "./telegram/messages.js";

/** Searches and lists at once, and how many more may wait. */
const TASKS = { slots: 50, queue: 500 };
/** Downloads at once: each is a stream that music schedules, so none waits here. */
const DOWNLOADS = { slots: 500, queue: 0 };

/** What the bot can do, for its handlers to choose from. */
export interface Features {
  readonly api: TelegramApi;
  readonly listenerOf: ListenerOf;
  readonly languages: Languages;
  readonly prompts: Prompts;
  readonly runner: Runner;
  readonly searchText: SearchText;
  readonly pages: ResultPages;
  readonly collection: Collection;
  readonly downloads: Downloads;
  readonly openMenu: OpenMenu;
  /** How many files wait to be uploaded. */
  readonly uploadsWaiting: () => number;
  /** Aborts all work beside the lanes and waits for its end. */
  close(): Promise<void>;
}

export interface FeaturesOptions {
  readonly api: TelegramApi;
  readonly botId: string;
  readonly services: { readonly [Name in keyof Services]: Pick<Services[Name], "client"> };
  readonly files: MusicFiles;
  readonly uploadSlots: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createFeatures({ api, botId, services, files, uploadSlots, clock, logger }: FeaturesOptions): Features {
  const { client: music } = services.music;
  const { client: storage } = services.storage;
  const runner = createRunner({ ...TASKS, logger });
  const downloadRunner = createRunner({ ...DOWNLOADS, logger });
  const knownTracks = createKnownTracks();
  const prompts = createPrompts();
  const languages = createLanguages(storage, logger);

  const findTracks = createFindTracks({ music, storage, runner, knownTracks, logger });
  const pages = createResultPages({ api, findTracks, storage, botId, runner, logger });
  const collection = createCollection({ api, storage, knownTracks, runner, logger });
  const shelf = createShelf({ storage, knownTracks, botId, logger });
  const uploads = createSlots(uploadSlots);
  const deliver = createDeliver({ api, music, files, shelf, uploads, clock, logger });

  return {
    api,
    listenerOf: createListenerOf(languages),
    languages,
    prompts,
    runner,
    searchText: createSearchText({ api, pages }),
    pages,
    collection,
    downloads: createDownloads({ api, deliver, runner: downloadRunner, clock, logger }),
    openMenu: createOpenMenu({ api, prompts, collection }),
    uploadsWaiting: () => uploads.waiting(),
    async close() {
      await Promise.all([runner.close(), downloadRunner.close()]);
    },
  };
}
