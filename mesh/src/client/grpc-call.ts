import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import { type Channel, propagate, status } from "@grpc/grpc-js";
import { serviceError } from "../errors/service-error.js";
import { scopeOf } from "./call-scope.js";

export type GrpcCall = ReturnType<Channel["createCall"]>;

/** Opens a call on the channel that ends with its scope, unless `release` is called before. */
export function openCall(channel: Channel, request: UnaryRequest | StreamRequest): { call: GrpcCall; release: () => void } {
  const scope = scopeOf(request);
  const { method } = request;
  const path = `/${method.parent.typeName}/${method.name}`;
  const call = channel.createCall(path, scope.attemptDeadline, null, null, propagate.DEFAULTS);
  const release = scope.onCancel(() => call.cancelWithStatus(status.CANCELLED, "the caller left"));
  return { call, release };
}

export function encode<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const data = toBinary(schema, message);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export function decode<D extends DescMessage>(schema: D, data: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, data);
  } catch (cause) {
    throw serviceError(Code.Internal, "MALFORMED_ANSWER", `the bytes are not a ${schema.typeName}`, { cause });
  }
}
