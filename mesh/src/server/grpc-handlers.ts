import { once } from "node:events";
import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, type Interceptor, type MethodImplSpec } from "@connectrpc/connect";
import { createAsyncIterable, transformInvokeImplementation } from "@connectrpc/connect/protocol";
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
import { encodedBytes } from "./encoded-as.js";
import { GrpcContext } from "./grpc-context.js";
import { unaryInvocation } from "./grpc-invoke.js";
import { toGrpcStatus } from "./grpc-status.js";
import type { MountedService } from "./mount.js";
import type { RunningCalls } from "./running-calls.js";

type AnsweringCall = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;
type ReadingCall = ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;
type Handler = UntypedServiceImplementation[string];

export interface GrpcHandlerOptions {
  interceptors: Interceptor[];
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

function handler(spec: MethodImplSpec, options: GrpcHandlerOptions): Handler {
  const { input } = spec.method;
  switch (spec.kind) {
    case "unary":
      return unary(spec, options);
    case "server_streaming":
      return streaming(spec, options, (call: ServerWritableStream<Buffer, Buffer>) =>
        createAsyncIterable([decode(input, call.request)]),
      );
    case "bidi_streaming":
      return streaming(spec, options, (call: ServerDuplexStream<Buffer, Buffer>) => requests(input, call));
    case "client_streaming":
      return collecting(spec, options);
  }
}

function unary(spec: MethodImplSpec & { kind: "unary" }, { interceptors, maxUnaryMs, running }: GrpcHandlerOptions) {
  const { input, output } = spec.method;
  const invoke = unaryInvocation(spec, interceptors);
  return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    const context = new GrpcContext(call, spec.method, maxUnaryMs);
    void running.during(context, async () => {
      try {
        const message = encode(output, await invoke(context, decode(input, call.request)));
        const header = context.headerMetadata;
        if (header) call.sendMetadata(header);
        answer(null, message, context.trailerMetadata);
        context.abort();
      } catch (error) {
        answer(toGrpcStatus(error));
        context.abort(error);
      }
    });
  };
}

function streaming<Call extends AnsweringCall>(
  spec: MethodImplSpec,
  options: GrpcHandlerOptions,
  input: (call: Call) => AsyncIterable<MessageShape<DescMessage>>,
) {
  return (call: Call): void => {
    const context = new GrpcContext(call, spec.method);
    void options.running.during(context, async () => {
      try {
        let started = false;
        for await (const message of invokeStream(spec, context, options, input(call))) {
          if (!started) call.sendMetadata(toMetadata(context.responseHeader));
          started = true;
          if (call.cancelled) break;
          // Waits for the reader, so that a slow one holds its handler instead of filling our memory.
          if (!call.write(encode(spec.method.output, message))) await once(call, "drain", { signal: context.signal });
        }
        call.end(context.trailerMetadata);
        context.abort();
      } catch (error) {
        call.emit("error", toGrpcStatus(context.signal.aborted ? context.signal.reason : error));
        context.abort(error);
      }
    });
  };
}

function collecting(spec: MethodImplSpec, options: GrpcHandlerOptions) {
  return (call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    const context = new GrpcContext(call, spec.method);
    void options.running.during(context, async () => {
      try {
        for await (const message of invokeStream(spec, context, options, requests(spec.method.input, call))) {
          call.sendMetadata(toMetadata(context.responseHeader));
          answer(null, encode(spec.method.output, message), context.trailerMetadata);
        }
        context.abort();
      } catch (error) {
        answer(toGrpcStatus(error));
        context.abort(error);
      }
    });
  };
}

function invokeStream(
  spec: MethodImplSpec,
  context: GrpcContext,
  { interceptors }: GrpcHandlerOptions,
  input: AsyncIterable<MessageShape<DescMessage>>,
) {
  return transformInvokeImplementation(spec, context.materialised(), interceptors)(input);
}

async function* requests<D extends DescMessage>(schema: D, call: ReadingCall) {
  // A plain `for await` would destroy the call when the handler stops reading, before its answer is sent.
  for await (const data of call.iterator({ destroyOnReturn: false })) yield decode(schema, data as Buffer);
}

function decode<D extends DescMessage>(schema: D, data: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, data);
  } catch (cause) {
    throw serviceError(Code.InvalidArgument, "MALFORMED_MESSAGE", `the bytes are not a ${schema.typeName}`, { cause });
  }
}

function encode<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const data = encodedBytes(message) ?? toBinary(schema, message);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
