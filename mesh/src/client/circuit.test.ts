import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { reasonOf, retryAfterMs, serviceError } from "../errors/service-error.js";
import { Circuit, type CircuitState } from "./circuit.js";

const answer = async () => "answer";
const fail =
  (code: Code, reason = "FAILED") =>
  () =>
    Promise.reject(serviceError(code, reason, "no"));
const down = fail(Code.Unavailable);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function circuit() {
  const states: CircuitState[] = [];
  const made = new Circuit({ name: "echo.v1.EchoService/Echo", resetMs: 5_000, onState: (state) => states.push(state) });
  onTestFinished(() => made.close());
  const call = (attempt: () => Promise<unknown>) => made.fire(attempt, undefined).catch((error: unknown) => error);
  const calls = async (attempts: readonly (() => Promise<unknown>)[]) => {
    for (const attempt of attempts) await call(attempt);
  };
  return { circuit: made, states, call, calls };
}

/** An attempt that ends when the test says so. */
function pending<T>() {
  let end: { resolve(value: T): void; reject(reason: unknown): void } | undefined;
  const promise = new Promise<T>((resolve, reject) => (end = { resolve, reject }));
  return { attempt: () => promise, resolve: (value: T) => end?.resolve(value), reject: (reason: unknown) => end?.reject(reason) };
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test("five failures in a row open it, four and an answer do not", async () => {
  const { circuit: made, calls } = circuit();
  await calls([...times(4, down), answer, ...times(4, down)]);
  expect(made.state).toBe("closed");
  await calls([down]);
  expect(made.state).toBe("open");
});

test("half of twenty calls in ten seconds open it", async () => {
  const { circuit: made, calls } = circuit();
  await calls(times(9, [down, answer]).flat());
  expect(made.state).toBe("closed");
  await calls([answer, down]);
  expect(made.state).toBe("open");
});

test("failures that lie ten seconds apart do not add up", async () => {
  const { circuit: made, calls } = circuit();
  await calls(times(9, [down, answer]).flat());
  vi.advanceTimersByTime(11_000);
  await calls([answer, down]);
  expect(made.state).toBe("closed");
});

test("while it is open nothing is tried, and the error says when it will be", async () => {
  const { call, calls } = circuit();
  await calls(times(5, down));
  vi.advanceTimersByTime(2_000);
  const attempt = vi.fn(answer);
  const error = await call(attempt);
  expect(attempt).not.toHaveBeenCalled();
  expect([ConnectError.from(error).code, reasonOf(error), retryAfterMs(error)]).toEqual([
    Code.Unavailable,
    "CIRCUIT_OPEN",
    3_000,
  ]);
});

test("after five seconds one call is tried, and the others still fail", async () => {
  const { circuit: made, call, calls, states } = circuit();
  await calls(times(5, down));
  vi.advanceTimersByTime(5_000);
  const trial = pending<string>();
  const tried = call(trial.attempt);
  expect(reasonOf(await call(answer))).toBe("CIRCUIT_OPEN");
  trial.resolve("back");
  expect(await tried).toBe("back");
  expect([made.state, states]).toEqual(["closed", ["open", "half_open", "closed"]]);
});

test("a trial that fails opens it again", async () => {
  const { circuit: made, calls } = circuit();
  await calls(times(5, down));
  vi.advanceTimersByTime(5_000);
  await calls([down]);
  expect([made.state, made.retryAfterMs]).toEqual(["open", 5_000]);
});

test("a trial that its caller cancels tells nothing, and does not close it", async () => {
  const { circuit: made, calls } = circuit();
  await calls(times(5, down));
  vi.advanceTimersByTime(5_000);
  await calls([fail(Code.Canceled)]);
  expect(made.state).toBe("open");
});

test("a sign that the service is back lets the next call through at once", async () => {
  const { circuit: made, call, calls, states } = circuit();
  await calls(times(5, down));
  made.tryNow();
  expect(await call(answer)).toBe("answer");
  expect([made.state, states]).toEqual(["closed", ["open", "half_open", "closed"]]);
  await calls(times(4, down));
  expect(made.state).toBe("closed");
});

test.each([
  ["an answer about the call", fail(Code.NotFound)],
  ["a source that is down", fail(Code.Unavailable, "SOURCE_UNAVAILABLE")],
  ["a breaker further on", fail(Code.Unavailable, "CIRCUIT_OPEN")],
  ["a limit", fail(Code.ResourceExhausted)],
  ["the caller's own cancel", fail(Code.Canceled)],
])("%s a hundred times does not open it", async (_what, attempt) => {
  const { circuit: made, calls } = circuit();
  await calls(times(100, attempt));
  expect(made.state).toBe("closed");
});

test.each([Code.Unavailable, Code.DeadlineExceeded, Code.Internal, Code.Unknown, Code.DataLoss])(
  "code %i counts",
  async (code) => {
    const { circuit: made, calls } = circuit();
    await calls(times(5, fail(code)));
    expect(made.state).toBe("open");
  },
);

test("what was under way on a replica that died is not a row of failures while others answer", async () => {
  const { circuit: made, call, calls } = circuit();
  const death = pending<never>();
  const lost = times(6, death.attempt).map(call);
  await calls(times(30, answer));
  death.reject(serviceError(Code.Unavailable, "FAILED", "connection lost"));
  await Promise.all(lost);
  expect(made.state).toBe("closed");
});

test("what began together and fails together is one failure, however much it is", async () => {
  const { circuit: made, call, calls } = circuit();
  await calls(times(100, answer));
  for (let burst = 0; burst < 4; burst++) {
    const death = pending<never>();
    const lost = times(20, death.attempt).map(call);
    death.reject(serviceError(Code.Unavailable, "FAILED", "connection lost"));
    await Promise.all(lost);
  }
  expect(made.state).toBe("closed");
  await calls([down]);
  expect(made.state).toBe("open");
});

test("streams that break one after another count as well, those that break together once", async () => {
  const { circuit: made, calls } = circuit();
  const cut = () => made.streamFailed(serviceError(Code.Unavailable, "FAILED", "cut"));
  await calls([answer]);
  for (let stream = 0; stream < 4; stream++) {
    times(3, cut).forEach((one) => one());
    await settled();
  }
  expect(made.state).toBe("closed");
  cut();
  await settled();
  expect(made.state).toBe("open");
});

/** Everything that waits for nothing but its turn has had it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
