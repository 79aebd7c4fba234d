import { describe } from "vitest";
import { embeddedKind } from "./embedded-kind.js";
import { storageSuite } from "./suite/suite.js";

describe("storage on the embedded PostgreSQL", () => {
  storageSuite(async () => embeddedKind());
});
