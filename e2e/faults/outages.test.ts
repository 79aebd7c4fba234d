import { describe, test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { outage, recovery, sentence } from "./scenarios/outages.js";
import { storageDown } from "./scenarios/storage-down.js";

const LONG_MS = 120_000;

describe("without music", () => {
  test(
    "1,000 calls make few attempts with a circuit breaker",
    async () => expectFindings(await outage({ calls: 1_000, pauseMs: 1, breaker: true })),
    LONG_MS,
  );

  test(
    "1,000 calls make at most 1.3 attempts each without one",
    async () => expectFindings(await outage({ calls: 1_000, pauseMs: 0, breaker: false })),
    LONG_MS,
  );

  test(
    "calls are answered again within 6 s of its return",
    async () => expectFindings(await recovery({ rounds: 2, longestMs: 2_000 })),
    LONG_MS,
  );

  test(
    "a listener reads one plain sentence within 300 ms, and finds tracks within 6 s of its return",
    async () => expectFindings(await sentence({ texts: 5 })),
    LONG_MS,
  );
});

test(
  "without storage search and download work, and the listener is told what does not",
  async () => expectFindings(await storageDown({ how: "killed" })),
  LONG_MS,
);
