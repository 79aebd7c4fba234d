import { once } from "node:events";
import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type MethodImplSpec } from "@connectrpc/connect";
import { createAsyncIterable, invokeUnaryImplementation, transformInvokeImplementation } from "@connectrpc/connect/protocol";
import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { serviceError } from "../errors/service-error.js";
import { toMetadata } from "../metadata.js";
import { openContext, type CallContext } from "./grpc-context.js";
import { toGrpcStatus } from "./grpc-status.js";
import type { MountedService } from "./mount.js";
import type { RunningCalls } from "./running-calls.js";

type UnarySpec = MethodImplSpec & { kind: "unary" };
type AnsweringCall = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;
type ReadingCall = ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/** Shared: a bare abort() would build a DOMException for every call. */
const FINISHED = new ConnectError("the call is finished", Code.Canceled);

export interface GrpcHandlerOptions {
  interceptors: Interceptor[];
  /** Fires when running calls must end. */
  shutdown: AbortSignal;
  running: RunningCalls;
  /** Time for a unary call, in milliseconds, when its caller gives it none or more. */
  maxUnaryMs: number;
}

/** How grpc-js names and frames the methods of a contract. Messages stay bytes here: a malformed one is then ours to answer. */
export function serviceDefinition({ service }: MountedService): ServiceDefinition {
  const asIs = (data: Buffer) => data;
  const framing = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  const entries = service.methods.map((method) => {
    const requestStream = method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
    const responseStream = method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";
    return [method.localName, { path: `/${service.typeName}/${method.name}`, requestStream, responseStream, ...framing }];
  });
  return Object.fromEntries(entries);
}

/** Connect's handlers and interceptors as grpc-js handlers. */
export function grpcHandlers(
  { service, implementation }: MountedService,
  options: GrpcHandlerOptions,
): UntypedServiceImplementation {
  const handlers: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const spec = implementation.methods[method.localName];
    if (spec) handlers[method.localName] = handler(spec, options);
  }
  return handlers;
}

function handler(spec: MethodImplSpec, options: GrpcHandlerOptions): UntypedServiceImplementation[string] {
  const run = (call: () => Promise<void>) => void options.running.during(call);
  switch (spec.kind) {
    case "unary":
      return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        run(() => unary(spec, options, call, answer));
    case "server_streaming":
      return (call: ServerWritableStream<Buffer, Buffer>) =>
        run(() => streaming(spec, options, call, () => createAsyncIterable([decode(spec.method.input, call.request)])));
    case "bidi_streaming":
      return (call: ServerDuplexStream<Buffer, Buffer>) => run(() => streaming(spec, options, call, () => requests(spec, call)));
    case "client_streaming":
      return (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        run(() => collecting(spec, options, call, answer));
  }
}

async function unary(
  spec: UnarySpec,
  options: GrpcHandlerOptions,
  call: ServerUnaryCall<Buffer, Buffer>,
  answer: sendUnaryData<Buffer>,
) {
  const context = openContext(call, spec.method, options.shutdown, options.maxUnaryMs);
  try {
    const input = decode(spec.method.input, call.request);
    const message = await invokeUnaryImplementation(spec, context, input, options.interceptors);
    call.sendMetadata(toMetadata(context.responseHeader));
    answer(null, encode(spec.method.output, message), toMetadata(context.responseTrailer));
    context.abort(FINISHED);
  } catch (error) {
    answer(toGrpcStatus(error));
    context.abort(error);
  }
}

async function collecting(spec: MethodImplSpec, options: GrpcHandlerOptions, call: ReadingCall, answer: sendUnaryData<Buffer>) {
  const context = openContext(call, spec.method, options.shutdown);
  try {
    for await (const message of invoke(spec, context, options, requests(spec, call))) {
      call.sendMetadata(toMetadata(context.responseHeader));
      answer(null, encode(spec.method.output, message), toMetadata(context.responseTrailer));
    }
    context.abort(FINISHED);
  } catch (error) {
    answer(toGrpcStatus(error));
    context.abort(error);
  }
}

async function streaming(
  spec: MethodImplSpec,
  options: GrpcHandlerOptions,
  call: AnsweringCall,
  input: () => AsyncIterable<unknown>,
) {
  const context = openContext(call, spec.method, options.shutdown);
  try {
    let started = false;
    for await (const message of invoke(spec, context, options, input())) {
      if (!started) call.sendMetadata(toMetadata(context.responseHeader));
      started = true;
      if (call.cancelled) break;
      // Waits for the reader, so that a slow one holds its handler instead of filling our memory.
      if (!call.write(encode(spec.method.output, message))) await once(call, "drain", { signal: context.signal });
    }
    call.end(toMetadata(context.responseTrailer));
    context.abort(FINISHED);
  } catch (error) {
    call.emit("error", toGrpcStatus(context.signal.aborted ? context.signal.reason : error));
    context.abort(error);
  }
}

function invoke(spec: MethodImplSpec, context: CallContext, { interceptors }: GrpcHandlerOptions, input: AsyncIterable<unknown>) {
  // One adapter serves every message type, so the types of a single method are not known here.
  return transformInvokeImplementation(spec, context, interceptors)(input as AsyncIterable<MessageShape<DescMessage>>);
}

async function* requests(spec: MethodImplSpec, call: ReadingCall) {
  // A plain `for await` would destroy the call when the handler stops reading, before its answer is sent.
  for await (const data of call.iterator({ destroyOnReturn: false })) yield decode(spec.method.input, data as Buffer);
}

function decode<D extends DescMessage>(schema: D, data: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, data);
  } catch (cause) {
    throw serviceError(Code.InvalidArgument, "MALFORMED_MESSAGE", `the bytes are not a ${schema.typeName}`, { cause });
  }
}

function encode<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const data = toBinary(schema, message);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
