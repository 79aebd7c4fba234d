import { until } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { CircuitOpenError, LiveError, type SourceProblem, SourceUnavailableError, TrackNotFoundError } from "../errors.js";
import { type CircuitState, SourceCircuit, type SourceCircuitOptions } from "./source-circuit.js";

function createCircuit(options: Partial<SourceCircuitOptions> = {}) {
  const states: CircuitState[] = [];
  const circuit = new SourceCircuit({ name: "yt", onState: (state) => states.push(state), ...options });
  onTestFinished(() => circuit.close());
  let calls = 0;
  const call = (error?: Error, subject?: string) =>
    circuit
      .run(async () => {
        calls += 1;
        if (error !== undefined) throw error;
        return "answer";
      }, subject)
      .catch((thrown: unknown) => thrown);
  return { circuit, call, states, calls: () => calls };
}

const failure = (problem: SourceProblem = "down") => new SourceUnavailableError("it failed", { problem });

test("five failures in a row open it, and then nobody is asked", async () => {
  const { circuit, call, calls } = createCircuit();
  for (let at = 0; at < 4; at++) await call(failure());
  expect(circuit.state).toBe("closed");
  await call(failure());
  expect(circuit.state).toBe("open");
  const refused = await call();
  expect(refused).toBeInstanceOf(CircuitOpenError);
  expect(refused).toMatchObject({ source: "yt", problem: "down" });
  expect(circuit.retryAfterSeconds).toBeGreaterThan(20);
  expect(circuit.retryAfterSeconds).toBeLessThanOrEqual(30);
  expect(calls()).toBe(5);
});

test("an answer between failures begins the row anew, and no such track is an answer", async () => {
  const { circuit, call } = createCircuit();
  for (const answer of [undefined, new TrackNotFoundError("gone"), new LiveError("live")]) {
    // Enough answers that failures are no half of all.
    for (let at = 0; at < 10; at++) await call(answer);
    for (let at = 0; at < 4; at++) await call(failure());
  }
  expect(circuit.state).toBe("closed");
});

test("half of ten calls open it", async () => {
  const { circuit, call } = createCircuit();
  for (let at = 0; at < 5; at++) {
    await call();
    expect(circuit.state).toBe("closed");
    await call(failure());
  }
  expect(circuit.state).toBe("open");
});

test("what fails at the same moment is one failure in a row", async () => {
  const { circuit, call } = createCircuit();
  await Promise.all(Array.from({ length: 9 }, () => call(failure())));
  expect(circuit.state).toBe("closed");
});

test.each<SourceProblem>(["blocked", "rate_limited", "not_installed", "too_old", "no_js_runtime"])(
  "%s opens it at once, for longer",
  async (problem) => {
    const { circuit, call } = createCircuit();
    await call(failure(problem));
    expect(await call()).toMatchObject({ name: "CircuitOpenError", problem });
    expect(circuit.retryAfterSeconds).toBeGreaterThan(40);
    expect(circuit.retryAfterSeconds).toBeLessThanOrEqual(600);
  },
);

test("a trial that is answered closes it", async () => {
  const { circuit, call, states } = createCircuit({ firstTrialMs: 30 });
  for (let at = 0; at < 5; at++) await call(failure());
  await until(() => circuit.state === "half_open");
  expect(await call()).toBe("answer");
  expect(states).toEqual(["open", "half_open", "closed"]);
});

test("each trial that fails doubles the wait, up to ten minutes", async () => {
  const { circuit, call } = createCircuit({ firstTrialMs: 300 });
  for (let at = 0; at < 5; at++) await call(failure());
  expect(circuit.retryAfterSeconds).toBe(1);
  for (let trial = 0; trial < 2; trial++) {
    await until(() => circuit.state === "half_open");
    await call(failure());
  }
  expect(circuit.retryAfterSeconds).toBe(2);
  const slow = createCircuit({ firstTrialMs: 300_000 });
  await slow.call(failure("too_old"));
  expect(slow.circuit.retryAfterSeconds).toBe(600);
});

test("while one call is the trial, others are refused", async () => {
  const { circuit, call } = createCircuit({ firstTrialMs: 30 });
  for (let at = 0; at < 5; at++) await call(failure());
  await until(() => circuit.state === "half_open");
  let answer = () => {};
  const trial = circuit.run(() => new Promise<void>((resolve) => (answer = resolve)));
  expect(await call()).toBeInstanceOf(CircuitOpenError);
  answer();
  await trial;
  expect(circuit.state).toBe("closed");
});

test("a trial that its caller ended neither closes it nor makes others wait longer", async () => {
  const { circuit, call } = createCircuit({ firstTrialMs: 30 });
  for (let at = 0; at < 5; at++) await call(failure());
  await until(() => circuit.state === "half_open");
  await call(new Error("hung up"));
  expect(circuit.state).toBe("open");
  await until(() => circuit.state === "half_open");
  expect(await call()).toBe("answer");
});

test("what a caller ended counts for nothing, and a timeout only when there was time", async () => {
  const hurried = createCircuit();
  for (let at = 0; at < 20; at++) await hurried.call(at % 2 ? new Error("hung up") : failure("timeout"));
  expect(hurried.circuit.state).toBe("closed");
  const patient = createCircuit({ slowMs: 0 });
  for (let at = 0; at < 5; at++) await patient.call(failure("timeout"));
  expect(patient.circuit.state).toBe("open");
});

test("one track that fails again and again is one failure", async () => {
  const { circuit, call } = createCircuit();
  for (let at = 0; at < 30; at++) await call(failure(), "https://example.com/1");
  expect(circuit.state).toBe("closed");
  for (let at = 2; at < 6; at++) await call(failure(), `https://example.com/${at}`);
  expect(circuit.state).toBe("open");
});

test("what fails late, after it opened, makes nobody wait longer", async () => {
  const { circuit, call } = createCircuit({ firstTrialMs: 60_000 });
  let fail = (_error: Error) => {};
  const late = circuit.run(() => new Promise<never>((_resolve, reject) => (fail = reject))).catch(() => {});
  for (let at = 0; at < 5; at++) await call(failure());
  fail(failure());
  await late;
  expect(circuit.state).toBe("open");
  circuit.reset();
  for (let at = 0; at < 5; at++) await call(failure());
  expect(circuit.retryAfterSeconds).toBeLessThanOrEqual(60);
});

test("fetches that fail open it, though look-ups between them are answered", async () => {
  const { circuit, call } = createCircuit();
  for (let at = 0; at < 20; at++) await call();
  for (let at = 0; at < 5; at++) {
    expect(circuit.state).toBe("closed");
    await call();
    await circuit.watch(() => Promise.reject(failure()), `${at}`).catch(() => {});
  }
  expect(circuit.state).toBe("open");
});

test("a fetch counts, but is never the trial", async () => {
  const { circuit, call } = createCircuit({ firstTrialMs: 30 });
  const fetch = (url: string, error?: Error) =>
    circuit.watch(() => (error ? Promise.reject(error) : Promise.resolve("file")), url).catch((thrown: unknown) => thrown);
  for (let at = 0; at < 5; at++) expect(await fetch(`${at}`, failure())).toBeInstanceOf(SourceUnavailableError);
  expect(circuit.state).toBe("open");
  await until(() => circuit.state === "half_open");
  expect(await fetch("a")).toBe("file");
  expect(circuit.state).toBe("half_open");
  expect(await call()).toBe("answer");
});

test("it closes when there is a sign that the source is well", async () => {
  const { circuit, call } = createCircuit();
  await call(failure("not_installed"));
  circuit.reset();
  expect(await call()).toBe("answer");
});
