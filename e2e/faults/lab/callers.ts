import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf } from "@refrain/mesh";
import { exactly, figure, type Finding } from "./finding.js";

/** How calls went. */
export interface CallsReport {
  readonly calls: number;
  /** How many failed, by code and reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly failed: number;
  /** Sorted durations, in milliseconds. */
  readonly durationsMs: readonly number[];
}

/** Callers who call again and again. */
export interface Callers {
  /** Calls that have ended so far. */
  readonly calls: number;
  /** How many of them failed. */
  readonly failed: number;
  /** Lets running calls end, and reports. */
  stop(): Promise<CallsReport>;
}

export interface CallersOptions {
  /** How many call at once. */
  readonly count: number;
  /** Pause of each caller between two calls. */
  readonly pauseMs: number;
  readonly call: () => Promise<unknown>;
}

/** Calls from many callers at once, until it is stopped. */
export function startCallers({ count, pauseMs, call }: CallersOptions): Callers {
  const record = createRecord();
  const stopped = new AbortController();
  async function caller(): Promise<void> {
    while (!stopped.signal.aborted) {
      await record.run(call);
      if (pauseMs > 0) await wait(pauseMs);
    }
  }
  const running = Promise.all(Array.from({ length: count }, caller));
  return {
    get calls() {
      return record.calls();
    },
    get failed() {
      return record.failed();
    },
    async stop() {
      stopped.abort();
      await running;
      return record.report();
    },
  };
}

/** Calls one after another. */
export async function callInTurn(count: number, call: () => Promise<unknown>): Promise<CallsReport> {
  const record = createRecord();
  for (let turn = 0; turn < count; turn++) await record.run(call);
  return record.report();
}

/** `UNAVAILABLE CIRCUIT_OPEN`: how a failure is counted. */
export function kindOf(error: unknown): string {
  if (!(error instanceof ConnectError)) return String(error);
  const code = (Code[error.code] ?? "Unknown").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return [code, reasonOf(error) ?? error.rawMessage].join(" ");
}

/** The duration that a share of the calls stays below, such as 0.99. 0 without calls. */
export function quantile({ durationsMs }: CallsReport, share: number): number {
  return durationsMs[Math.min(durationsMs.length - 1, Math.floor(durationsMs.length * share))] ?? 0;
}

/** What every report tells: how many calls, how long, and how they failed. None may. */
export function callFindings(report: CallsReport): Finding[] {
  return [
    figure("calls", report.calls),
    exactly(["calls that failed", ...report.failures.keys()].join(" · "), report.failed, 0),
    figure("median call", quantile(report, 0.5), "ms"),
    figure("99th percentile", quantile(report, 0.99), "ms"),
    figure("longest call", report.durationsMs.at(-1) ?? 0, "ms"),
  ];
}

function createRecord() {
  const durationsMs: number[] = [];
  const failures = new Map<string, number>();
  let failed = 0;
  return {
    async run(call: () => Promise<unknown>): Promise<void> {
      const startedAt = performance.now();
      try {
        await call();
      } catch (error) {
        failed += 1;
        const kind = kindOf(error);
        failures.set(kind, (failures.get(kind) ?? 0) + 1);
      }
      durationsMs.push(performance.now() - startedAt);
    },
    calls: () => durationsMs.length,
    failed: () => failed,
    report: (): CallsReport => ({
      calls: durationsMs.length,
      failures,
      failed,
      durationsMs: durationsMs.toSorted((one, other) => one - other),
    }),
  };
}
