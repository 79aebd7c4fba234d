import { Code, ConnectError, createClient, type Client, type ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { createApiKeys, createLogger, createServiceClient, mount, serve, serverCapacity } from "@refrain/mesh";
import { createTransport, openChannel, openGrpcDoor, RunningCalls } from "@refrain/mesh/parts";
import { numbers, readNumbers, TEXT, type Calls, type Stack } from "./stack.js";

const KEY = "a-key-for-the-benchmark";
const CONNECT_MS = 5_000;

/** `echo` and `count` are measured; the other calls of the contract are refused. */
const unmeasured = (): never => {
  throw new ConnectError("not measured", Code.Unimplemented);
};
const handlers: ServiceImpl<typeof EchoService> = {
  echo: ({ text }) => ({ text }),
  async *count({ to }) {
    yield* numbers(to);
  },
  join: unmeasured,
  chat: unmeasured,
};

const callsOf = (client: Client<typeof EchoService>): Calls => ({
  echo: async () => (await client.echo({ text: TEXT })).text,
  count: (to, onNumber) => readNumbers(client.count({ to }), onNumber),
});

/** Our stack as the services run it: traces, metrics, key, retry, circuit breaker, error mapping, validation, deadlines. */
export const refrain: Stack = {
  name: "refrain mesh",
  async serve() {
    const server = await serve({
      name: "echo",
      version: "0",
      host: "127.0.0.1",
      ports: { grpc: 0, http: 0, ops: 0 },
      keys: createApiKeys([`bench:${KEY}`]),
      services: [mount(EchoService, handlers)],
      health: async () => ({ dependencies: {} }),
      logger: createLogger("echo", "warn"),
    });
    return Number(server.addresses["grpc"]?.split(":").at(-1));
  },
  async connect(port) {
    const target = `ipv4:127.0.0.1:${port}`;
    const { client, ready } = createServiceClient(EchoService, { target, key: KEY, defaultTimeoutMs: 5_000 });
    await ready(CONNECT_MS);
    return callsOf(client);
  },
};

/** The same doors, channel and deadlines without any interceptor: what the chain costs. */
export const withoutChain: Stack = {
  name: "refrain without its chain",
  async serve() {
    const door = await openGrpcDoor({
      host: "127.0.0.1",
      tls: undefined,
      port: 0,
      variable: "PORT",
      guard: {
        door: "grpc",
        maxConnections: serverCapacity({}).connections,
        firstWordsMs: 10_000,
        logger: createLogger("echo", "warn"),
      },
      keys: createApiKeys([`bench:${KEY}`]),
      services: [mount(EchoService, handlers)],
      interceptors: [],
      maxUnaryMs: 60_000,
      running: new RunningCalls(serverCapacity({}).calls),
      idleMs: 300_000,
    });
    return door.port;
  },
  async connect(port) {
    const channel = openChannel(`ipv4:127.0.0.1:${port}`);
    return callsOf(createClient(EchoService, createTransport({ channel, interceptors: [], timeoutMs: () => 5_000 })));
  },
};
