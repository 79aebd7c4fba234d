import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { deadline } from "./deadline.js";

test("passes on what the work answers or throws", async () => {
  await expect(deadline(1_000, async () => 42)).resolves.toBe(42);
  await expect(deadline(1_000, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
});

test("stops waiting for work that does not listen, and fires the signal", async () => {
  let signal: AbortSignal | undefined;
  const deaf = deadline(5, (given) => {
    signal = given;
    return new Promise(() => {});
  });
  await expect(deaf).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  expect(signal?.aborted).toBe(true);
});
