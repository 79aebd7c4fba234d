import { test } from "vitest";
import { expectFindings } from "./expect-findings.js";
import { fourth, freeze, kill, replicas, rolling } from "./scenarios/replicas.js";

test("no call fails while replicas are killed, frozen, replaced and added under 64 callers", async () => {
  const load = { callers: 64, pauseMs: 100, graceMs: 300 };
  expectFindings(await replicas(load, [kill(2), freeze(9), rolling(), fourth()]));
}, 240_000);
