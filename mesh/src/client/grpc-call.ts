import {
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, type StreamRequest, type StreamResponse, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { type Channel, type Metadata, propagate, status } from "@grpc/grpc-js";
import { serviceError } from "../errors/service-error.js";
import { toHeaders, toMetadata } from "../metadata.js";
import { toConnectError } from "./grpc-error.js";
import { MessageQueue } from "./message-queue.js";

type GrpcCall = ReturnType<Channel["createCall"]>;

/** Messages that are read ahead of the consumer of a stream. */
const READ_AHEAD = 16;

function open(channel: Channel, method: DescMethodUnary | DescMethodStreaming, deadline: number, signal: AbortSignal) {
  signal.throwIfAborted();
  const call = channel.createCall(`/${method.parent.typeName}/${method.name}`, deadline, null, null, propagate.DEFAULTS);
  const cancel = () => call.cancelWithStatus(status.CANCELLED, "the caller left");
  signal.addEventListener("abort", cancel, { once: true });
  return { call, release: () => signal.removeEventListener("abort", cancel) };
}

function encode<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const data = toBinary(schema, message);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** Sends one request over grpc-js and waits for its one answer. `deadline` is Unix milliseconds, or Infinity. */
export function callUnary<I extends DescMessage, O extends DescMessage>(
  channel: Channel,
  request: UnaryRequest<I, O>,
  deadline: number,
): Promise<UnaryResponse<I, O>> {
  const { method, service } = request;
  return new Promise((resolve, reject) => {
    const { call, release } = open(channel, method, deadline, request.signal);
    let header: Metadata | undefined;
    const received: Buffer[] = [];
    call.start(toMetadata(request.header), {
      onReceiveMetadata: (metadata) => void (header = metadata),
      onReceiveMessage: (data: Buffer | null) => void (data && received.push(data)),
      onReceiveStatus(end) {
        release();
        if (end.code !== status.OK) return reject(toConnectError(end));
        try {
          const message = decode(method.output, only(received));
          resolve({
            stream: false,
            service,
            method,
            message,
            header: header ? toHeaders(header) : new Headers(),
            trailer: toHeaders(end.metadata),
          });
        } catch (error) {
          reject(error);
        }
      },
    });
    call.sendMessageWithContext({}, encode(method.input, request.message));
    call.halfClose();
    call.startRead();
  });
}

function only(received: readonly Buffer[]): Buffer {
  const [data] = received;
  if (data && received.length === 1) return data;
  throw serviceError(Code.Internal, "MALFORMED_ANSWER", `expected one message, got ${received.length}`);
}

function decode<D extends DescMessage>(schema: D, data: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, data);
  } catch (cause) {
    throw serviceError(Code.Internal, "MALFORMED_ANSWER", `the bytes are not a ${schema.typeName}`, { cause });
  }
}

/** Opens a stream over grpc-js. Resolves with its headers; messages follow as they are read. */
export function callStream<I extends DescMessage, O extends DescMessage>(
  channel: Channel,
  request: StreamRequest<I, O>,
  deadline: number,
): Promise<StreamResponse<I, O>> {
  const { method, service } = request;
  return new Promise((resolve, reject) => {
    const { call, release } = open(channel, method, deadline, request.signal);
    const trailer = new Headers();
    const queue = new MessageQueue<MessageShape<O>>(READ_AHEAD, {
      more: () => call.startRead(),
      left: () => call.cancelWithStatus(status.CANCELLED, "the reader left"),
    });
    const respond = (header: Headers) => resolve({ stream: true, service, method, header, trailer, message: queue });
    call.start(toMetadata(request.header), {
      onReceiveMetadata: (metadata) => respond(toHeaders(metadata)),
      onReceiveMessage: (data: Buffer | null) => void (data && receive(call, queue, method.output, data)),
      onReceiveStatus(end) {
        release();
        for (const [name, value] of toHeaders(end.metadata)) trailer.append(name, value);
        const error = end.code === status.OK ? undefined : toConnectError(end);
        queue.end(error);
        // Headers that never came: the status is the answer. After headers, neither call changes anything.
        if (error) reject(error);
        else respond(new Headers());
      },
    });
    send(call, request).catch((error: unknown) => call.cancelWithStatus(status.CANCELLED, String(error)));
  });
}

function receive<O extends DescMessage>(call: GrpcCall, queue: MessageQueue<MessageShape<O>>, schema: O, data: Buffer): void {
  try {
    queue.push(decode(schema, data));
  } catch (error) {
    call.cancelWithStatus(status.INTERNAL, String(error));
  }
}

async function send<I extends DescMessage, O extends DescMessage>(call: GrpcCall, request: StreamRequest<I, O>): Promise<void> {
  for await (const message of request.message) {
    const data = encode(request.method.input, message);
    await new Promise<void>((sent) => call.sendMessageWithContext({ callback: () => sent() }, data));
  }
  call.halfClose();
}
