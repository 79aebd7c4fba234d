import { expect, test } from "vitest";
import { counter, durations, gauge, metrics } from "./metrics.js";

test("what is counted, measured and read is shown", async () => {
  counter("refrain_test_total", "Counted.", ["kind"]).inc({ kind: "one" }, 2);
  durations("refrain_test_seconds", "Measured.").observe(0.5);
  let value = 1;
  gauge("refrain_test_files", "Read.", () => value);
  value = 7;
  const shown = await metrics.metrics();
  expect(shown).toContain('refrain_test_total{kind="one"} 2');
  expect(shown).toContain("refrain_test_seconds_sum 0.5");
  expect(shown).toContain("refrain_test_files 7");
});

test("a metric without values is named all the same, so that it can be found", async () => {
  counter("refrain_never_total", "Never happened.", ["kind"]);
  expect(await metrics.metrics()).toContain("# TYPE refrain_never_total counter");
});

test("the later of two readers counts", async () => {
  gauge("refrain_test_readers", "Read.", () => 1);
  gauge("refrain_test_readers", "Read.", () => 2);
  expect(await metrics.metrics()).toContain("refrain_test_readers 2");
});
