import { once } from "node:events";
import { fromBinary, toBinary, create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  CountRequestSchema,
  CountResponseSchema,
  EchoRequestSchema,
  EchoResponseSchema,
  type CountRequest,
  type CountResponse,
  type EchoRequest,
  type EchoResponse,
} from "@refrain/gen/echo/v1/echo_service_pb";
import { numbers, TEXT, type Stack } from "./stack.js";

const PATH = "/echo.v1.EchoService/Echo";
const COUNT_PATH = "/echo.v1.EchoService/Count";

const encode =
  <D extends DescMessage>(schema: D) =>
  (message: MessageShape<D>) =>
    Buffer.from(toBinary(schema, message));
const decode =
  <D extends DescMessage>(schema: D) =>
  (data: Buffer) =>
    fromBinary(schema, data);

const definition: ServiceDefinition = {
  echo: {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: encode(EchoRequestSchema),
    requestDeserialize: decode(EchoRequestSchema),
    responseSerialize: encode(EchoResponseSchema),
    responseDeserialize: decode(EchoResponseSchema),
  },
  count: {
    path: COUNT_PATH,
    requestStream: false,
    responseStream: true,
    requestSerialize: encode(CountRequestSchema),
    requestDeserialize: decode(CountRequestSchema),
    responseSerialize: encode(CountResponseSchema),
    responseDeserialize: decode(CountResponseSchema),
  },
};

async function count(call: ServerWritableStream<CountRequest, CountResponse>): Promise<void> {
  for (const message of numbers(call.request.to)) {
    if (!call.write(create(CountResponseSchema, message))) await once(call, "drain");
  }
  call.end();
}

/** The peer: grpc-js alone on both ends, with the same messages, and no key, validation, metrics or deadline. */
export const grpcJs: Stack = {
  name: "bare grpc-js",
  async serve() {
    const server = new Server();
    server.addService(definition, {
      echo: ({ request }: ServerUnaryCall<EchoRequest, EchoResponse>, answer: sendUnaryData<EchoResponse>) =>
        answer(null, create(EchoResponseSchema, { text: request.text })),
      count: (call: ServerWritableStream<CountRequest, CountResponse>) => void count(call),
    });
    return new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  },
  async connect(port) {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const request = encode(EchoRequestSchema);
    const response = decode(EchoResponseSchema);
    const countRequest = encode(CountRequestSchema);
    const countResponse = decode(CountResponseSchema);
    return {
      echo: () =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(PATH, request, response, create(EchoRequestSchema, { text: TEXT }), (error, answer) =>
            error ? reject(error) : resolve(answer?.text ?? ""),
          );
        }),
      count: (to, onNumber) =>
        new Promise((resolve, reject) => {
          const message = create(CountRequestSchema, { to });
          client
            .makeServerStreamRequest(COUNT_PATH, countRequest, countResponse, message)
            .on("data", ({ number }: CountResponse) => onNumber(number))
            .on("error", reject)
            .on("end", resolve);
        }),
    };
  },
};
