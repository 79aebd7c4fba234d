import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.js";

/** Takes whatever is left, and says how much that was. */
function drain(budget: RetryBudget): number {
  let taken = 0;
  while (budget.withdraw()) taken += 1;
  return taken;
}

test("a new client may repeat a few calls, and three a second after that", () => {
  let now = 0;
  const budget = new RetryBudget(() => now);
  expect(drain(budget)).toBe(9);
  now += 2_000;
  expect(drain(budget)).toBe(6);
  now += 3_600_000;
  expect(drain(budget)).toBe(9);
});

test("every fifth answered call allows a retry, up to 100", () => {
  const budget = new RetryBudget(() => 0);
  drain(budget);
  for (let call = 0; call < 50; call++) budget.deposit();
  expect(drain(budget)).toBe(10);
  for (let call = 0; call < 10_000; call++) budget.deposit();
  expect(drain(budget)).toBe(100);
});

test("whatever happens, retries stay under 20 % of the answered calls, 3 a second and the first 9", () => {
  const step = fc.oneof(fc.constant("answer"), fc.constant("retry"), fc.integer({ min: 1, max: 2_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 500 }), (steps) => {
      let now = 0;
      let answers = 0;
      let retries = 0;
      const budget = new RetryBudget(() => now);
      for (const next of steps) {
        if (next === "answer") {
          answers += 1;
          budget.deposit();
        } else if (next === "retry") retries += budget.withdraw() ? 1 : 0;
        else now += next;
      }
      expect(retries).toBeLessThanOrEqual(answers * 0.2 + (now / 1000) * 3 + 9 + 1e-6);
    }),
  );
});
