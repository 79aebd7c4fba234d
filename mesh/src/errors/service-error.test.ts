import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "@refrain/gen/google/rpc/error_details_pb";
import { expect, test } from "vitest";
import { errorMetadata, reasonOf, retryAfterMs, serviceError } from "./service-error.js";

test("carries reason, metadata, delay and fields", () => {
  const error = serviceError(Code.ResourceExhausted, "RATE_LIMITED", "too many searches", {
    metadata: { limit: "10" },
    retryAfterMs: 1_500,
    violations: [{ field: "query", description: "is empty" }],
  });
  expect([reasonOf(error), errorMetadata(error), retryAfterMs(error)]).toEqual(["RATE_LIMITED", { limit: "10" }, 1_500]);
  expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toMatchObject([{ field: "query", description: "is empty" }]);
});

test("other errors have no reason, no metadata and no delay", () => {
  for (const error of [new Error("x"), new ConnectError("x", Code.Internal), undefined, "text"]) {
    expect([reasonOf(error), errorMetadata(error), retryAfterMs(error)]).toEqual([undefined, {}, undefined]);
  }
});
