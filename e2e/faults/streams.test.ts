import { test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { card, stream } from "./scenarios/streams.js";

const LONG_MS = 120_000;
const FETCH = { silenceMs: 2_000, bytesPerSecond: 100_000 };
const AFTER_BYTES = 1_500;

test(
  "a download whose connection is cut again and again comes to its one end",
  async () => {
    const cut = { kind: "cut", afterBytes: AFTER_BYTES } as const;
    expectFindings(await stream({ ...FETCH, faults: [cut, cut, cut] }));
  },
  LONG_MS,
);

test.each(["stall", "half-open"] as const)(
  "a download goes on after a connection that hangs: %s",
  async (kind) => {
    expectFindings(await stream({ ...FETCH, faults: [{ kind, afterBytes: AFTER_BYTES }], cutAfterMs: 3_000 }));
  },
  LONG_MS,
);

test(
  "the card of a download that is cut never falls, and one audio comes",
  async () => expectFindings(await card({ cuts: 2, bytesPerSecond: 45_000 })),
  LONG_MS,
);
