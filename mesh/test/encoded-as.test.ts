import { create, isMessage, toBinary, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { EchoResponseSchema, EchoService } from "@refrain/gen/echo/v1/echo_service_pb";
import { expect, onTestFinished, test } from "vitest";
import { encodedAs } from "../src/index.js";
import { TEST_KEY } from "../src/testing.js";
import { echoClient, serveEcho } from "./echo.js";

const bearer = { authorization: `Bearer ${TEST_KEY}` };
const bytesOf = (text: string) => toBinary(EchoResponseSchema, create(EchoResponseSchema, { text }));

const serveEncoded = () => serveEcho({ echo: ({ text }) => encodedAs(EchoResponseSchema, bytesOf(text)) });

type Server = Awaited<ReturnType<typeof serveEncoded>>;

const DOORS = {
  grpc: (server: Server) => echoClient(server),
  connect: (server: Server) => overHttp(server, createConnectTransport, true),
  json: (server: Server) => overHttp(server, createConnectTransport, false),
  "grpc-web": (server: Server) => overHttp(server, createGrpcWebTransport, true),
};

function overHttp(server: Server, transport: typeof createConnectTransport, useBinaryFormat: boolean) {
  return createClient(
    EchoService,
    transport({
      baseUrl: `http://${server.addresses.http}`,
      httpVersion: "1.1",
      useBinaryFormat,
      interceptors: [(next) => (request) => (request.header.set("authorization", bearer.authorization), next(request))],
    }),
  );
}

test.each(Object.entries(DOORS))("an answer that is bytes already arrives through %s like any other", async (_name, open) => {
  const client = open(await serveEncoded());
  expect(await client.echo({ text: "привет" })).toEqual(create(EchoResponseSchema, { text: "привет" }));
  expect(await client.echo({ text: "" })).toEqual(create(EchoResponseSchema));
});

test("gRPC sends the bytes as they are", async () => {
  // The last of two values counts, and nobody who encodes would write both.
  const twice = Buffer.concat([bytesOf("first"), bytesOf("second")]);
  const server = await serveEcho({ echo: () => encodedAs(EchoResponseSchema, twice) });
  const client = new Client(server.addresses.grpc ?? "", credentials.createInsecure());
  onTestFinished(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", bearer.authorization);
  const raw = (data: Buffer) => data;
  const request = Buffer.from(bytesOf("anything"));
  const answer = await new Promise<Buffer | undefined>((resolve, reject) => {
    const answered = (error: Error | null, data?: Buffer) => (error ? reject(error) : resolve(data));
    client.makeUnaryRequest("/echo.v1.EchoService/Echo", raw, raw, request, metadata, answered);
  });
  expect(answer).toEqual(twice);
});

test("whoever reads it finds a message", () => {
  const message = encodedAs(EchoResponseSchema, bytesOf("text"));
  expect(isMessage(message, EchoResponseSchema)).toBe(true);
  expect(create(EchoResponseSchema, message)).toBe(message);
  expect(message.text).toBe("text");
  expect({ ...message }).toMatchObject({ $typeName: "echo.v1.EchoResponse", text: "text" });
  expect(toJson(EchoResponseSchema, message)).toEqual({ text: "text" });
});

test("it is not to be changed", () => {
  const message = encodedAs(EchoResponseSchema, bytesOf("text"));
  expect(() => (message.text = "another")).toThrow(TypeError);
});
