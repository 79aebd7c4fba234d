import { test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { answers } from "./scenarios/answers.js";
import { certificates } from "./scenarios/strangers.js";

const LONG_MS = 120_000;

test(
  "errors that are answers are neither repeated nor counted against the service; defects are counted",
  async () => expectFindings(await answers({ calls: 100 })),
  LONG_MS,
);

test("only a certificate of the right authority is let in", async () => expectFindings(await certificates()), LONG_MS);
