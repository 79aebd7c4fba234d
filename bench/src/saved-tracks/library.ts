import { randomInt } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import { createRepo, openDatabase, searchText, type Database, type Repo } from "@refrain/storage/parts";
import { sampleTrack } from "../sample-tracks.js";
import { COLLECTOR, fillSavedTracks, userName, type Amount } from "./fill.js";

/** Connections of a replica. */
const POOL_SIZE = 10;
const PAGE = 20;
/** Of the tracks that are saved: none that is there already. */
const FIRST_NEW = 1_000_000_000;

type SavedTracks = Repo["savedTracks"];
export type ListQuery = Parameters<SavedTracks["list"]>[0];
type NewTrack = Parameters<SavedTracks["save"]>[0];

/** Saved tracks in a PostgreSQL, through the pool and the statements of production. */
export class Library {
  readonly amount: Amount;
  readonly url: string;
  readonly database: Database;
  readonly savedTracks: SavedTracks;
  readonly #repo: Repo;
  #saved = 0;

  private constructor(amount: Amount, url: string, database: Database) {
    this.amount = amount;
    this.url = url;
    this.database = database;
    this.#repo = createRepo(database.pool, () => {});
    this.savedTracks = this.#repo.savedTracks;
  }

  /** @param url of an empty database */
  static async open(url: string, amount: Amount): Promise<Library> {
    const database = await openDatabase({ kind: "server", url, poolSize: POOL_SIZE });
    try {
      await fillSavedTracks(url, amount);
      return new Library(amount, url, database);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** A user among all but the collector. */
  someone(): string {
    return userName(randomInt(this.amount.users));
  }

  firstPage(userId: string): ListQuery {
    return { userId, text: "", order: "newest", after: undefined, limit: PAGE };
  }

  /** The 500th page of the collector's, as somebody reaches it who reads on and on. */
  async page500(): Promise<ListQuery> {
    let query = { ...this.firstPage(COLLECTOR), limit: 499 };
    for (let page = 0; page < PAGE; page++) {
      const { next } = await this.savedTracks.list(query);
      if (!next) throw new Error("the collector has too few tracks");
      query = { ...query, after: next };
    }
    return { ...query, limit: PAGE };
  }

  /** A track that nobody has saved, for anybody. */
  newTrack(): NewTrack {
    const track = sampleTrack(FIRST_NEW + this.#saved++);
    const bytes = toBinary(TrackSchema, track);
    return { key: track.key, bytes, userId: this.someone(), sizeBytes: 5_000_000n, searchText: searchText(track) };
  }

  async close(): Promise<void> {
    await this.#repo.close();
    await this.database.close();
  }
}
