import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { createApiKeys, createLogger, createServiceClient, mount, serve } from "@refrain/mesh";
import { TEXT, type Stack } from "./stack.js";

const KEY = "a-key-for-the-benchmark";

/** Only `echo` is measured; the other calls of the contract are refused. */
const unmeasured = (): never => {
  throw new ConnectError("not measured", Code.Unimplemented);
};
const handlers: ServiceImpl<typeof EchoService> = {
  echo: ({ text }) => ({ text }),
  count: unmeasured,
  join: unmeasured,
  chat: unmeasured,
};

/** Our stack as the services run it: key, validation, error mapping, metrics, request ids and deadlines. */
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
      logger: createLogger("echo", "info"),
    });
    return Number(server.addresses.grpc?.split(":").at(-1));
  },
  async connect(port) {
    const { client, ready } = createServiceClient(EchoService, {
      target: `ipv4:127.0.0.1:${port}`,
      key: KEY,
      defaultTimeoutMs: 5_000,
    });
    await ready(5_000);
    return async () => (await client.echo({ text: TEXT })).text;
  },
};
