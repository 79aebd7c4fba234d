import { hasRedis } from "@refrain/mesh/testing";
import { test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { fetches, longQueue, once, rounds, takeover } from "./scenarios/fetches.js";
import { rollingFetches } from "./scenarios/fetch-stops.js";

/** In CI nothing may be skipped: without Redis it fails there. */
const skipped = !hasRedis && process.env.CI !== "true";

test.skipIf(skipped)(
  "replicas fetch each track once, and lose none, while they and Redis are killed, stopped and replaced",
  async () =>
    expectFindings(
      await fetches({ replicas: 3, bytes: 400_000 }, [
        once({ callers: 60, bytesPerSecond: 300_000 }),
        takeover({ callers: 12, bytesPerSecond: 200_000 }),
        rounds({ count: 1, downloads: 15, bytesPerSecond: 400_000 }),
        longQueue({ downloads: 25, bytesPerSecond: 400_000 }),
        rollingFetches({ downloads: 12, bytesPerSecond: 100_000 }),
      ]),
    ),
  300_000,
);
