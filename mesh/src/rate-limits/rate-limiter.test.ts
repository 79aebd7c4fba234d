import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { errorMetadata, reasonOf, retryAfterMs } from "../errors/service-error.js";
import { metrics } from "../metrics.js";
import { createRateLimiter } from "./rate-limiter.js";

function limiter(name: string, points: number, seconds: number) {
  const made = createRateLimiter({ name, points, seconds });
  if (!made) throw new Error("there is no limiter");
  return made;
}

async function refusal(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => expect.unreachable("it should have been refused"),
    (error: unknown) => error,
  );
}

test("a limit of 0 is none", () => {
  expect(createRateLimiter({ name: "off", points: 0, seconds: 1 })).toBeUndefined();
});

test("the call after the last one is told the limit, and when to come again", async () => {
  const searches = limiter("eleven", 2, 60);
  await searches.consume("ann");
  await searches.consume("ann");
  const error = await refusal(searches.consume("ann"));
  expect([ConnectError.from(error).code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
  expect(errorMetadata(error)).toEqual({ limit: "2", window_seconds: "60" });
  expect(retryAfterMs(error)).toBeGreaterThan(0);
  expect(retryAfterMs(error)).toBeLessThanOrEqual(60_000);
  await searches.consume("ben");
});

test("whoever waits as long as they are told is let in again", async () => {
  const calls = limiter("again", 1, 1);
  await calls.consume("ann");
  const error = await refusal(calls.consume("ann"));
  await new Promise((resolve) => setTimeout(resolve, (retryAfterMs(error) ?? 0) + 5)); // timers and clocks differ a little
  await expect(calls.consume("ann")).resolves.toBeUndefined();
});

test("calls that were refused are counted by limit", async () => {
  const calls = limiter("counted", 1, 60);
  await calls.consume("ann");
  await refusal(calls.consume("ann"));
  await refusal(calls.consume("ann"));
  expect(await metrics.metrics()).toContain('refrain_rate_limited_total{limit="counted"} 2');
});
