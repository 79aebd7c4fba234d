import { fromBinary, toBinary, create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { EchoRequestSchema, EchoResponseSchema, type EchoRequest, type EchoResponse } from "@refrain/gen/echo/v1/echo_service_pb";
import { TEXT, type Stack } from "./stack.js";

const PATH = "/echo.v1.EchoService/Echo";

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
};

/** The peer: grpc-js alone on both ends, with the same messages, and no key, validation, metrics or deadline. */
export const grpcJs: Stack = {
  name: "bare grpc-js",
  async serve() {
    const server = new Server();
    server.addService(definition, {
      echo: ({ request }: ServerUnaryCall<EchoRequest, EchoResponse>, answer: sendUnaryData<EchoResponse>) =>
        answer(null, create(EchoResponseSchema, { text: request.text })),
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
    return () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(PATH, request, response, create(EchoRequestSchema, { text: TEXT }), (error, answer) =>
          error ? reject(error) : resolve(answer?.text ?? ""),
        );
      });
  },
};
