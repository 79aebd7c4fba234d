import { findPostgres } from "@refrain/storage/testing-postgres";
import { test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { deliveries } from "./scenarios/deliveries.js";

/** In CI nothing may be skipped: without PostgreSQL it fails there. */
const skipped = findPostgres() === undefined && process.env.CI !== "true";

test.skipIf(skipped)(
  "500 deliveries end once each while claimers, storage and PostgreSQL are killed ten times",
  async () => expectFindings(await deliveries({ deliveries: 500, kills: 10, storages: 2, claimers: 3 })),
  600_000,
);
