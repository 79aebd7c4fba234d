import { until } from "@refrain/mesh/testing";

/** Milliseconds until a condition holds; the limit, when it does not within that. Asked every 10 ms. */
export async function timeUntil(condition: () => Promise<boolean>, limitMs = 60_000): Promise<number> {
  const startedAt = performance.now();
  await until(condition, limitMs).catch(() => {}); // the figure tells
  return performance.now() - startedAt;
}
