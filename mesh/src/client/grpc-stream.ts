import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import { type Channel, status } from "@grpc/grpc-js";
import { toHeaders } from "../metadata.js";
import { scopeOf } from "./call-scope.js";
import { decode, encode, openCall, type GrpcCall } from "./grpc-call.js";
import { toConnectError } from "./grpc-error.js";
import { MessageQueue } from "./message-queue.js";

type Queue = MessageQueue<MessageShape<DescMessage>>;

/** Messages that are read ahead of the consumer of a stream. */
const READ_AHEAD = 16;

/** Opens a stream over grpc-js. Resolves with its headers; messages follow as they are read. */
export function callStream(channel: Channel, request: StreamRequest): Promise<StreamResponse> {
  const { method, service } = request;
  return new Promise((resolve, reject) => {
    const { call, release } = openCall(channel, request);
    const scope = scopeOf(request);
    const stopWaiting = limitOpening(call, scope.openTimeoutMs);
    const trailer = new Headers();
    let opened = false;
    const queue: Queue = new MessageQueue(READ_AHEAD, {
      more: () => call.startRead(),
      left: () => call.cancelWithStatus(status.CANCELLED, "the reader left"),
    });
    const respond = (header: Headers) => {
      opened = true;
      stopWaiting();
      resolve({ stream: true, service, method, header, trailer, message: queue });
    };
    call.start(scope.headers.toMetadata(), {
      onReceiveMetadata: (metadata) => respond(toHeaders(metadata)),
      onReceiveMessage: (data: Buffer | null) => void (data && receive(call, queue, method.output, data)),
      onReceiveStatus(end) {
        release();
        stopWaiting();
        for (const [name, value] of toHeaders(end.metadata)) trailer.append(name, value);
        const error = end.code === status.OK ? undefined : toConnectError(end);
        queue.end(error);
        // Headers that never came: the status is the answer.
        if (error && !opened) return reject(error);
        if (!opened) respond(new Headers());
        scope.streamEnded(error);
      },
    });
    send(call, request).catch((error: unknown) => call.cancelWithStatus(status.CANCELLED, String(error)));
  });
}

/** Ends a call whose stream does not open in time. The returned function is called when it has. */
function limitOpening(call: GrpcCall, ms: number): () => void {
  if (ms === Infinity) return () => {};
  const late = () => call.cancelWithStatus(status.DEADLINE_EXCEEDED, "the stream did not open in time");
  const timer = setTimeout(late, ms);
  return () => clearTimeout(timer);
}

function receive(call: GrpcCall, queue: Queue, schema: DescMessage, data: Buffer): void {
  try {
    queue.push(decode(schema, data));
  } catch (error) {
    call.cancelWithStatus(status.INTERNAL, String(error));
  }
}

async function send(call: GrpcCall, request: StreamRequest): Promise<void> {
  for await (const message of request.message) {
    const data = encode(request.method.input, message);
    await new Promise<void>((sent) => call.sendMessageWithContext({ callback: () => sent() }, data));
  }
  call.halfClose();
}
