import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createClient, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { numbers, readNumbers, TEXT, type Stack } from "./stack.js";

const handlers: Partial<ServiceImpl<typeof EchoService>> = {
  echo: ({ text }) => ({ text }),
  async *count({ to }) {
    yield* numbers(to);
  },
};

/** The peer: connect-node on both ends, gRPC over HTTP/2, without interceptors. */
export const connectNode: Stack = {
  name: "connect-node",
  async serve() {
    const routes = connectNodeAdapter({
      routes: (router) => void router.service(EchoService, handlers),
    });
    const server = createServer(routes);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  },
  async connect(port) {
    const client = createClient(EchoService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    return {
      echo: async () => (await client.echo({ text: TEXT })).text,
      count: (to, onNumber) => readNumbers(client.count({ to }), onNumber),
    };
  },
};
