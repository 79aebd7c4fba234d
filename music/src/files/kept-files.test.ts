import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NoSpaceError } from "../errors.js";
import { createKeptFiles } from "./kept-files.js";

const YOUNG_MS = 100;
const nameOf = (at: number) => `${String(at).padStart(32, "0")}.mp3`;

/** What may happen to the books, on one of ten files. */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom("add", "use", "delete", "hold", "release", "victims"),
    file: fc.nat({ max: 9 }),
    bytes: fc.integer({ min: 1, max: 50 }),
    later: fc.nat({ max: 60 }),
  }),
  { maxLength: 60 },
);

test("whatever happens, the sum is right, and what goes is unread, old, the least recently used, and enough", () => {
  fc.assert(
    fc.property(steps, (all) => {
      let now = 0;
      const kept = createKeptFiles({ maxBytes: 200, youngMs: YOUNG_MS, now: () => now });
      const model = new Map<string, { bytes: number; usedAt: number; held: number }>();
      const holds: { name: string; release: () => void }[] = [];
      for (const { what, file, bytes, later } of all) {
        now += later;
        const name = nameOf(file);
        const known = model.get(name);
        if (what === "add" && !known) {
          kept.add(name, bytes);
          model.set(name, { bytes, usedAt: now, held: 0 });
        } else if (what === "use" && known) {
          kept.use(name);
          known.usedAt = now;
        } else if (what === "delete" && known?.held === 0) {
          kept.delete(name);
          model.delete(name);
        } else if (what === "hold" && known) {
          holds.push({ name, release: kept.hold(name) });
          known.held++;
        } else if (what === "release") {
          const held = holds.pop();
          held?.release();
          const there = held && model.get(held.name);
          if (there) Object.assign(there, { held: there.held - 1, usedAt: now });
        } else if (what === "victims") checkVictims(bytes);
        const sum = [...model.values()].reduce((total, each) => total + each.bytes, 0);
        expect([kept.usedBytes, kept.count]).toEqual([sum, model.size]);
      }

      function checkVictims(bytes: number) {
        const sum = [...model.values()].reduce((total, each) => total + each.bytes, 0);
        const free = [...model].filter(([, each]) => each.held === 0 && now - each.usedAt >= YOUNG_MS);
        const freed = free.reduce((total, [, each]) => total + each.bytes, 0);
        if (sum + bytes - freed > 200) return expect(() => kept.victims(bytes)).toThrow(NoSpaceError);
        const names = kept.victims(bytes);
        const chosen = names.map((name) => model.get(name));
        const gone = chosen.reduce((total, each) => total + (each?.bytes ?? 0), 0);
        expect(sum + bytes - gone).toBeLessThanOrEqual(200);
        for (const name of names) expect(free.map(([each]) => each)).toContain(name);
        const newest = Math.max(...chosen.map((each) => each?.usedAt ?? 0));
        for (const [name, each] of free) if (!names.includes(name)) expect(each.usedAt).toBeGreaterThanOrEqual(newest);
        // Not one more than needed.
        const last = chosen.at(-1)?.bytes ?? 0;
        if (names.length > 0) expect(sum + bytes - gone + last).toBeGreaterThan(200);
      }
    }),
    { numRuns: 500 },
  );
});
