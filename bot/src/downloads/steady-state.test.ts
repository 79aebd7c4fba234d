import { create } from "@bufbuild/protobuf";
import { DownloadState, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PHASES, type CardState } from "../views/card.js";
import { FIRST_STATE, steadyState } from "./steady-state.js";

const progress = fc.record({
  state: fc.integer({ min: 0, max: 5 }),
  queuePosition: fc.nat(20),
  downloadedBytes: fc.bigInt(0n, 50_000_000n),
  totalBytes: fc.bigInt(0n, 50_000_000n),
});

test("a card never goes back, whatever music says", () => {
  fc.assert(
    fc.property(fc.array(progress, { minLength: 2, maxLength: 20 }), (reports) => {
      const states: CardState[] = [];
      for (const report of reports) states.push(steadyState(states.at(-1) ?? FIRST_STATE, create(ProgressSchema, report)));
      for (const [index, state] of states.entries()) {
        const before = states[index - 1] ?? FIRST_STATE;
        expect(PHASES.indexOf(state.phase)).toBeGreaterThanOrEqual(PHASES.indexOf(before.phase));
        expect(state.doneBytes).toBeGreaterThanOrEqual(before.doneBytes);
        expect(state.totalBytes).toBeGreaterThanOrEqual(before.totalBytes);
      }
    }),
  );
});

test("a fetch that starts again keeps what the listener has seen", () => {
  const half = steadyState(
    FIRST_STATE,
    create(ProgressSchema, { state: DownloadState.FETCHING, downloadedBytes: 5n, totalBytes: 10n }),
  );
  const again = steadyState(half, create(ProgressSchema, { state: DownloadState.QUEUED, queuePosition: 3 }));
  expect(again).toMatchObject({ phase: "fetching", doneBytes: 5, totalBytes: 10 });
});
