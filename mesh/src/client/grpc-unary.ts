import { Code, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { type Channel, Metadata, status, type StatusObject } from "@grpc/grpc-js";
import { serviceError } from "../errors/service-error.js";
import { toHeaders } from "../metadata.js";
import { scopeOf } from "./call-scope.js";
import { decode, encode, openCall } from "./grpc-call.js";
import { toConnectError } from "./grpc-error.js";

/** Sends one request over grpc-js and waits for its one answer. */
export function callUnary(channel: Channel, request: UnaryRequest): Promise<UnaryResponse> {
  return new Promise((resolve, reject) => {
    const { call, release } = openCall(channel, request);
    let header: Metadata | undefined;
    const received: Buffer[] = [];
    call.start(scopeOf(request).headers.toMetadata(), {
      onReceiveMetadata: (metadata) => void (header = metadata),
      onReceiveMessage: (data: Buffer | null) => void (data && received.push(data)),
      onReceiveStatus(end) {
        release();
        if (end.code !== status.OK) return reject(toConnectError(end));
        try {
          resolve(toResponse(request, only(received), header, end));
        } catch (error) {
          reject(error);
        }
      },
    });
    call.sendMessageWithContext({}, encode(request.method.input, request.message));
    call.halfClose();
    call.startRead();
  });
}

function toResponse(
  { service, method }: UnaryRequest,
  data: Buffer,
  header: Metadata | undefined,
  end: StatusObject,
): UnaryResponse {
  return {
    stream: false,
    service,
    method,
    message: decode(method.output, data),
    // Built when read: most callers want the message alone.
    get header() {
      return toHeaders(header ?? new Metadata());
    },
    get trailer() {
      return toHeaders(end.metadata);
    },
  };
}

function only(received: readonly Buffer[]): Buffer {
  const [data] = received;
  if (data && received.length === 1) return data;
  throw serviceError(Code.Internal, "MALFORMED_ANSWER", `expected one message, got ${received.length}`);
}
