import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestClock, type TestStorage } from "../test-storage.js";

/** What happens between two pages. `row` picks one of those that are there. */
type Change =
  | { readonly kind: "add"; readonly afterMs: number; readonly liked: boolean }
  | { readonly kind: "remove" | "like" | "unlike"; readonly row: number; readonly afterMs: number };

const afterMs = fc.nat({ max: 2 });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), afterMs, liked: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("remove" as const, "like" as const, "unlike" as const), row: fc.nat(), afterMs }),
);

const walk = fc.record({
  before: fc.array(fc.record({ afterMs, liked: fc.boolean() }), { maxLength: 15 }),
  pageSize: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom(TrackOrder.NEWEST, TrackOrder.OLDEST, TrackOrder.LIKED),
  between: fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 }),
});

/** A user's music beside what must be in it. */
class Model {
  readonly userId = unique("user");
  readonly #client: StorageClient;
  readonly #clock: TestClock;
  /** Keys of the tracks, by the ids of their entries. */
  readonly #rows = new Map<string, string>();
  readonly #liked = new Set<string>();

  constructor(client: StorageClient, clock: TestClock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Ids of the entries that a list in this order has. */
  rows(order: TrackOrder): ReadonlySet<string> {
    return new Set(order === TrackOrder.LIKED ? this.#liked : this.#rows.keys());
  }

  async add(liked: boolean): Promise<void> {
    const one = track();
    const { savedTrack } = await this.#client.saveTrack({ userId: this.userId, track: one });
    if (!savedTrack) return;
    this.#rows.set(savedTrack.id, one.key);
    if (liked) await this.#like(savedTrack.id, one.key, true);
  }

  async apply(step: Change): Promise<void> {
    this.#clock.advance(step.afterMs);
    if (step.kind === "add") return this.add(step.liked);
    const [id, key] = [...this.#rows][step.row % Math.max(this.#rows.size, 1)] ?? [];
    if (id === undefined || key === undefined) return;
    if (step.kind !== "remove") return this.#like(id, key, step.kind === "like");
    await this.#client.deleteTrack({ userId: this.userId, id });
    this.#rows.delete(id);
    this.#liked.delete(id);
  }

  async #like(id: string, key: string, liked: boolean): Promise<void> {
    await this.#client.likeTrack({ userId: this.userId, key, liked });
    if (liked) this.#liked.add(id);
    else this.#liked.delete(id);
  }
}

/** Pages while rows come and go. */
export function pagingSuite(storage: () => TestStorage): void {
  describe("pages of a list that changes meanwhile", { timeout: 120_000 }, () => {
    test("show every row that was there all the time exactly once, and no row twice", async () => {
      const clock = testClock();
      const client = storage().client(clock);
      await fc.assert(
        fc.asyncProperty(walk, async ({ before, pageSize, order, between }) => {
          const model = new Model(client, clock);
          for (const row of before) await model.apply({ kind: "add", ...row });
          let stayed = model.rows(order);
          const seen: string[] = [];
          const steps = [...between];
          let pageToken = "";
          do {
            const page = await client.listTracks({ userId: model.userId, pageSize, pageToken, order });
            expect(page.totalCount).toBe(model.rows(order).size);
            expect(page.tracks.every(({ id }) => model.rows(order).has(id))).toBe(true);
            seen.push(...page.tracks.map(({ id }) => id));
            pageToken = page.nextPageToken;
            for (const step of steps.shift() ?? []) {
              await model.apply(step);
              // A like that is taken back and given again is a new row of the list.
              const rows = model.rows(order);
              stayed = new Set([...stayed].filter((id) => rows.has(id)));
            }
          } while (pageToken !== "");
          expect(seen).toHaveLength(new Set(seen).size);
          for (const id of stayed) expect(seen).toContain(id);
        }),
        { numRuns: 45 },
      );
    });
  });
}
