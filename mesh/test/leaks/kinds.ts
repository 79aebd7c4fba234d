import { type Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Code, ConnectError, type Client, type ServiceImpl } from "@connectrpc/connect";
import type { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { serviceError } from "../../src/index.js";

/** Handlers for every way in which a call can end. */
export const handlers: ServiceImpl<typeof EchoService> = {
  async echo({ text }, { signal }) {
    if (text === "fail") throw serviceError(Code.NotFound, "NO_SUCH_TEXT", "there is no such text");
    if (text === "slow") await wait(60_000, undefined, { signal });
    return { text };
  },
  async *count({ to }, { signal }) {
    for (let number = 1; number <= (to || Infinity); number++) {
      yield { number };
      if (to === 0) await wait(60_000, undefined, { signal });
    }
  },
  async join(requests) {
    const texts: string[] = [];
    for await (const { text } of requests) texts.push(text);
    return { text: texts.join("") };
  },
  async *chat(requests) {
    for await (const { text } of requests) yield { text };
  },
};

/** What calls are made with. */
export interface Caller {
  client: Client<typeof EchoService>;
  /** HTTP door. */
  address: string;
  agent: Agent;
  key: string;
  /** A signal that outlives all calls, as that of a process does. */
  signal: AbortSignal;
}

/** One way to call and to end. */
export interface Kind {
  name: string;
  /** Makes one call, and throws when it ends in another way than it should. */
  call(caller: Caller): Promise<void>;
}

export const KINDS: readonly Kind[] = [
  { name: "unary", call: async ({ client, signal }) => void (await client.echo({ text: "x" }, { signal })) },
  { name: "unary, failing", call: ({ client, signal }) => ends(Code.NotFound, client.echo({ text: "fail" }, { signal })) },
  { name: "unary, cancelled", call: (caller) => leaving(caller, (signal) => caller.client.echo({ text: "slow" }, { signal })) },
  {
    name: "unary, expired",
    call: ({ client, signal }) => ends(Code.DeadlineExceeded, client.echo({ text: "slow" }, { signal, timeoutMs: 30 })),
  },
  { name: "server stream", call: async ({ client, signal }) => read(client.count({ to: 5 }, { signal })) },
  { name: "server stream, left early", call: leaveStream },
  { name: "bidi", call: ({ client, signal }) => read(client.chat(texts(), { signal })) },
  { name: "client stream", call: async ({ client, signal }) => void (await client.join(texts(), { signal })) },
  { name: "HTTP JSON", call: (caller) => postJson(caller, "x", 200) },
  { name: "HTTP JSON, failing", call: (caller) => postJson(caller, "fail", 404) },
  { name: "HTTP JSON, left early", call: leaveJson },
];

/** As long as a request takes to reach its handler. */
const REACH_MS = 5;

async function* texts() {
  for (const text of ["a", "b", "c"]) yield { text };
}

async function read(messages: AsyncIterable<unknown>): Promise<void> {
  const all = messages[Symbol.asyncIterator]();
  while (!(await all.next()).done);
}

/** A call that ends like this, or with its connection: HTTP/2 closes one with too many resets at once. */
async function ends(code: Code, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => new ConnectError("it went well", Code.Unknown),
    (reason: unknown) => ConnectError.from(reason),
  );
  if (error.code !== code && error.code !== Code.Unavailable) throw error;
}

/** Calls with a signal that follows the shared one, and leaves. */
async function leaving({ signal }: Caller, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const leave = new AbortController();
  const follow = () => leave.abort();
  signal.addEventListener("abort", follow, { once: true });
  const ended = ends(Code.Canceled, call(leave.signal));
  await wait(REACH_MS);
  leave.abort();
  await ended;
  signal.removeEventListener("abort", follow);
}

function leaveStream(caller: Caller): Promise<void> {
  return leaving(caller, (signal) => read(caller.client.count({ to: 0 }, { signal })));
}

function openJson({ address, agent, key }: Caller, text: string) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const sent = request(`http://${address}/echo.v1.EchoService/Echo`, { method: "POST", agent, headers });
  sent.end(JSON.stringify({ text }));
  return sent;
}

function postJson(caller: Caller, text: string, status: number): Promise<void> {
  return new Promise((resolve, reject) => {
    openJson(caller, text)
      .once("error", reject)
      .once("response", (response) => {
        response.resume().once("end", () => {
          if (response.statusCode === status) resolve();
          else reject(new Error(`HTTP ${response.statusCode}`));
        });
      });
  });
}

function leaveJson(caller: Caller): Promise<void> {
  const sent = openJson(caller, "slow");
  return new Promise((resolve) => {
    sent.once("error", () => {}).once("close", resolve); // it hangs up on itself
    setTimeout(() => sent.destroy(), REACH_MS);
  });
}
