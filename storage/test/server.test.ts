import { describe } from "vitest";
import { withPostgres } from "./with-postgres.js";
import { serverKind } from "./server-kind.js";
import { storageSuite } from "./suite/suite.js";

withPostgres((bin) => {
  describe("storage on a PostgreSQL server", () => {
    storageSuite(() => serverKind(bin));
  });
});
