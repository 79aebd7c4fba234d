import { Code, type ConnectError } from "@connectrpc/connect";
import { serviceError, type ServiceClientOptions } from "@refrain/mesh";
import type { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { until } from "@refrain/mesh/testing";
import { callInTurn, type CallsReport } from "../lab/callers.js";
import { attemptsHere } from "../lab/counters.js";
import { atLeast, atMost, exactly, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import { serveScriptedMusic, type SearchScript } from "../lab/scripted-music.js";

const MAX_ATTEMPTS_WITH_BREAKER = 40;

/** A server that answers in one way, and what a client makes of it. */
interface Answered {
  readonly report: CallsReport;
  readonly attempts: number;
  readonly circuit: string;
}

async function ask(
  calls: number,
  script: SearchScript,
  options: Partial<ServiceClientOptions<typeof MusicService>> = {},
): Promise<Answered> {
  return Lab.run(async (lab) => {
    const { client, circuits, ready } = lab.music(`ipv4:${await serveScriptedMusic(lab, script)}`, options);
    await ready(10_000);
    const before = await attemptsHere("Search");
    const report = await callInTurn(calls, () => client.search({ query: "believer" }));
    const circuit = circuits().find(({ method }) => method === "Search")?.state ?? "closed";
    return { report, attempts: (await attemptsHere("Search")) - before, circuit };
  });
}

/** A script that always fails so. */
function always(error: () => ConnectError): SearchScript {
  return () => Promise.reject(error());
}

/** Every call failed so, made so many attempts, and the circuit is closed. */
function refused(what: string, { report, attempts, circuit }: Answered, kind: string): Finding[] {
  return [
    exactly(`${what}: ${kind}`, report.failures.get(kind) ?? 0, report.calls),
    exactly(`${what}: attempts`, attempts, report.calls),
    exactly(`${what}: circuits open`, circuit === "closed" ? 0 : 1, 0),
  ];
}

const RETRY_AFTER_MS = 200;
const DEADLINE_MS = 800;
/** Attempts that hang use up this share of the deadline before too little is left for another one. */
const LEAST_SHARE = 0.8;
/** A call that has expired frees its handler within this time. */
const FREED_MS = 200;

/** Servers that answer with errors of every kind, `calls` times each. */
export async function answers({ calls }: { readonly calls: number }): Promise<Finding[]> {
  return [
    ...refused("source down", await ask(calls, always(sourceDown)), "UNAVAILABLE SOURCE_UNAVAILABLE"),
    ...refused(
      "busy for long",
      await ask(
        calls,
        always(() => busy(60_000)),
      ),
      "RESOURCE_EXHAUSTED RATE_LIMITED",
    ),
    ...refused("wrong key", await ask(calls, never, { key: "another-key-0123456789" }), "UNAUTHENTICATED API_KEY_INVALID"),
    ...(await defect(calls)),
    ...(await busyForAMoment()),
    ...(await expired()),
  ];
}

const sourceDown = () => serviceError(Code.Unavailable, "SOURCE_UNAVAILABLE", "the site does not answer");
const busy = (retryAfterMs: number) =>
  serviceError(Code.ResourceExhausted, "RATE_LIMITED", "too many searches", { retryAfterMs });
const never: SearchScript = () => Promise.reject(new Error("nobody gets this far"));

async function defect(calls: number): Promise<Finding[]> {
  const { report, attempts, circuit } = await ask(calls, never);
  return [
    exactly("defect: calls that failed", report.failed, calls),
    atMost("defect: attempts", attempts, MAX_ATTEMPTS_WITH_BREAKER),
    exactly("defect: circuits open", circuit === "open" ? 1 : 0, 1),
  ];
}

async function busyForAMoment(): Promise<Finding[]> {
  let asked = 0;
  const { report, attempts } = await ask(1, async () => {
    asked += 1;
    if (asked === 1) throw busy(RETRY_AFTER_MS);
    return {};
  });
  return [
    exactly("busy for a moment: calls that failed", report.failed, 0),
    exactly("busy for a moment: attempts", attempts, 2),
    atLeast("busy for a moment: waited", report.durationsMs[0] ?? 0, RETRY_AFTER_MS, "ms"),
  ];
}

/** A handler that hangs: the call ends at its deadline, on both sides. */
async function expired(): Promise<Finding[]> {
  let running = 0;
  let freedAt = 0;
  const hang: SearchScript = (_, { signal }) => {
    running += 1;
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        running -= 1;
        freedAt = performance.now();
        reject(signal.reason as Error); // what the server aborts with is an error
      });
    });
  };
  const { report, endedAt } = await Lab.run(async (lab) => {
    const address = await serveScriptedMusic(lab, hang);
    const { client, ready } = lab.music(`ipv4:${address}`, { defaultTimeoutMs: DEADLINE_MS });
    await ready(10_000);
    const report = await callInTurn(1, () => client.search({ query: "believer" }));
    const endedAt = performance.now();
    await until(() => running === 0);
    return { report, endedAt };
  });
  return [
    exactly("expired: DEADLINE_EXCEEDED", [...report.failures.keys()].filter((kind) => kind.startsWith("DEADLINE")).length, 1),
    atLeast("expired: took", report.durationsMs[0] ?? 0, DEADLINE_MS * LEAST_SHARE, "ms"),
    atMost("expired: handler freed after the call's end", Math.max(0, freedAt - endedAt), FREED_MS, "ms"),
  ];
}
