import { create } from "@bufbuild/protobuf";
import { Code, createContextValues, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { EchoRequestSchema, EchoResponseSchema, EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { expect, test } from "vitest";
import { CallScope, scopeKey } from "../client/call-scope.js";
import { RetryBudget } from "../client/retry-budget.js";
import { serviceError } from "../errors/service-error.js";
import { intercept } from "../intercept.js";
import { retry } from "./retry.js";

const { echo: method } = EchoService.method;
const CALLS = 100;

/** Retries that a hundred calls, all with this end, have paid in. */
async function paidIn(end: () => Promise<void>): Promise<number> {
  const budget = new RetryBudget(() => 0);
  while (budget.withdraw()); // what a new client has
  const answer = { stream: false, service: EchoService, method, message: create(EchoResponseSchema) } as const;
  const wire = async (_request: UnaryRequest): Promise<UnaryResponse> => {
    await end();
    return { ...answer, header: new Headers(), trailer: new Headers() };
  };
  const call = intercept(wire, [retry({ budget })]);
  for (let count = 0; count < CALLS; count++) {
    const scope = new CallScope(undefined, 1_000);
    const contextValues = createContextValues().set(scopeKey, scope);
    const request = { stream: false, service: EchoService, method, requestMethod: "POST", url: "http://grpc/" } as const;
    const more = { contextValues, header: scope.headers.headers, message: create(EchoRequestSchema), signal: scope.signal };
    await call({ ...request, ...more }).catch(() => {}); // what it paid is asked for
    scope.end();
  }
  return budget.tokens;
}

test.each([
  ["answered", async () => {}],
  ["told that there is no such track", () => Promise.reject(serviceError(Code.NotFound, "TRACK_NOT_FOUND", "no"))],
  ["told that the source is down", () => Promise.reject(serviceError(Code.Unavailable, "SOURCE_UNAVAILABLE", "no"))],
  ["told to come later", () => Promise.reject(serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no"))],
])("a call that is %s allows a fifth of a retry", async (_how, end) => {
  expect(await paidIn(end)).toBe(CALLS / 5);
});

test.each([
  ["refused by an open circuit", Code.Unavailable, "CIRCUIT_OPEN"],
  ["lost on the way", Code.Unavailable, "FAILED"],
  ["too late", Code.DeadlineExceeded, "DEADLINE_EXCEEDED"],
  ["met by a defect", Code.Internal, "INTERNAL"],
  ["cancelled", Code.Canceled, "CANCELLED"],
])("a call that is %s allows none", async (_how, code, reason) => {
  expect(await paidIn(() => Promise.reject(serviceError(code, reason, "no")))).toBe(0);
});
