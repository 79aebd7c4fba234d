import { TrackOrder } from "@refrain/gen/refrain/storage/v1/track_pb";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { track, unique } from "../samples.js";
import { testClock, type StorageClient, type TestClock, type TestStorage } from "../test-storage.js";

/** What happens between two pages. `row` picks one of those that are there. */
type Change = { readonly kind: "add"; readonly afterMs: number } | { readonly kind: "remove"; readonly row: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), afterMs: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant("remove" as const), row: fc.nat() }),
);

const walk = fc.record({
  before: fc.array(fc.nat({ max: 2 }), { maxLength: 15 }),
  pageSize: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom(TrackOrder.NEWEST, TrackOrder.OLDEST),
  between: fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 }),
});

/** A user's music beside a list of what must be in it. */
class Model {
  readonly userId = unique("user");
  readonly #client: StorageClient;
  readonly #clock: TestClock;
  readonly rows = new Set<string>();

  constructor(client: StorageClient, clock: TestClock) {
    this.#client = client;
    this.#clock = clock;
  }

  async add(afterMs: number): Promise<void> {
    this.#clock.advance(afterMs);
    const { savedTrack } = await this.#client.saveTrack({ userId: this.userId, track: track() });
    if (savedTrack) this.rows.add(savedTrack.id);
  }

  async apply(step: Change): Promise<void> {
    if (step.kind === "add") return this.add(step.afterMs);
    const id = [...this.rows][step.row % Math.max(this.rows.size, 1)];
    if (id === undefined) return;
    await this.#client.deleteTrack({ userId: this.userId, id });
    this.rows.delete(id);
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
          for (const afterMs of before) await model.add(afterMs);
          const stayed = new Set(model.rows);
          const seen: string[] = [];
          const steps = [...between];
          let pageToken = "";
          do {
            const page = await client.listTracks({ userId: model.userId, pageSize, pageToken, order });
            expect(page.totalCount).toBe(model.rows.size);
            expect(page.tracks.every(({ id }) => model.rows.has(id))).toBe(true);
            seen.push(...page.tracks.map(({ id }) => id));
            pageToken = page.nextPageToken;
            for (const step of steps.shift() ?? []) await model.apply(step);
          } while (pageToken !== "");
          expect(seen).toHaveLength(new Set(seen).size);
          for (const id of stayed) if (model.rows.has(id)) expect(seen).toContain(id);
        }),
        { numRuns: 30 },
      );
    });
  });
}
