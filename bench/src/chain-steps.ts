import { Metadata } from "@grpc/grpc-js";
import { create } from "@bufbuild/protobuf";
import { createContextValues, type Interceptor, type MethodImplSpec, type UnaryRequest } from "@connectrpc/connect";
import { EchoRequestSchema, EchoResponseSchema, EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { createApiKeys, createLogger, mount } from "@refrain/mesh";
import {
  CallScope,
  Circuits,
  clientChain,
  GrpcContext,
  intercept,
  RetryBudget,
  scopeKey,
  serverChain,
  unaryInvocation,
} from "@refrain/mesh/parts";
import { TEXT } from "./stacks/stack.js";
import { median, type Table } from "./table.js";

const KEY = "a-key-for-the-benchmark";
const CALLS = 20_000;
const { echo: method } = EchoService.method;

type Call = () => Promise<unknown>;
type MakeCall = (steps: readonly Interceptor[]) => Call;

/** A client's call whose wire answers at once: what is left is the chain, and the objects that a call is made of. */
function clientCall(steps: readonly Interceptor[]): Call {
  const response = { stream: false, service: EchoService, method, message: create(EchoResponseSchema, { text: TEXT }) } as const;
  const answer = { ...response, header: new Headers(), trailer: new Headers() };
  const call = intercept(async (_request: UnaryRequest) => answer, steps);
  const message = create(EchoRequestSchema, { text: TEXT });
  return () => {
    const scope = new CallScope(undefined, 5_000);
    const contextValues = createContextValues().set(scopeKey, scope);
    const common = { stream: false, service: EchoService, method, requestMethod: "POST", url: "http://grpc/" } as const;
    return call({
      ...common,
      contextValues,
      message,
      header: new Headers(),
      get signal() {
        return scope.signal;
      },
    });
  };
}

/** A server's call as it comes off the wire, with a handler that answers at once. */
function serverCall(steps: readonly Interceptor[]): Call {
  const { implementation } = mount(EchoService, {
    echo: ({ text }) => ({ text }),
    count: () => unmeasured(),
    join: () => unmeasured(),
    chat: () => unmeasured(),
  });
  const spec = implementation.methods["echo"] as MethodImplSpec & { kind: "unary" }; // as the contract says
  const invoke = unaryInvocation(spec, [...steps]);
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${KEY}`);
  const message = create(EchoRequestSchema, { text: TEXT });
  return async () => {
    const wire = { metadata, getDeadline: () => Infinity, once: () => undefined };
    await invoke(new GrpcContext(wire, method), message);
  };
}

function unmeasured(): never {
  throw new Error("not measured");
}

async function microseconds(call: Call): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < CALLS; count++) await call();
  return ((performance.now() - startedAt) * 1000) / CALLS;
}

/** Medians of each step alone and of all together, less the same call without any. Taking turns, so that a slow moment strikes all. */
async function measure(make: MakeCall, steps: Readonly<Record<string, Interceptor>>, rounds: number): Promise<string[][]> {
  const variants: [name: string, steps: Interceptor[]][] = [
    ["none", []],
    ...Object.entries(steps).map(([name, step]): [string, Interceptor[]] => [name, [step]]),
    ["all together", Object.values(steps)],
  ];
  const calls = variants.map(([name, list]) => ({ name, call: make(list), figures: [] as number[] }));
  for (const { call } of calls) await microseconds(call); // warm up
  for (let round = 0; round < rounds; round++) {
    for (const { call, figures } of calls) figures.push(await microseconds(call));
  }
  const [none, ...others] = calls;
  const base = median(none?.figures ?? []);
  return [
    ["without", base.toFixed(2)],
    ...others.map(({ name, figures }) => [name, `+ ${Math.max(0, median(figures) - base).toFixed(2)}`]),
  ];
}

/** What each interceptor adds to a call, in microseconds, alone and together. */
export async function benchChains(rounds: number): Promise<Table[]> {
  const circuits = new Circuits({ resetMs: 5_000 });
  const client = clientChain({ key: KEY, budget: new RetryBudget(), circuits });
  const server = serverChain({ keys: createApiKeys([`bench:${KEY}`]), logger: createLogger("bench", "info") });
  const header = ["interceptor", "µs per call"];
  try {
    return [
      { title: "The client's chain", header, rows: await measure(clientCall, client, rounds) },
      { title: "The server's chain", header, rows: await measure(serverCall, server, rounds) },
    ];
  } finally {
    circuits.close();
  }
}
