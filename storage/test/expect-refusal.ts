import type { Code } from "@connectrpc/connect";
import { reasonOf } from "@refrain/mesh";
import { expect } from "vitest";

/** Expects a call to fail with this status. */
export async function expectRefusal(call: Promise<unknown>, code: Code, reason: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  expect(error).toMatchObject({ code });
  expect(reasonOf(error)).toBe(reason);
}
