import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  createContextValues,
  type ContextValues,
  type Interceptor,
  type StreamRequest,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { Channel } from "@grpc/grpc-js";
import { intercept } from "../intercept.js";
import { CallHeaders, type HeaderInit } from "./call-headers.js";
import { CallScope, scopeKey } from "./call-scope.js";
import { callStream } from "./grpc-stream.js";
import { callUnary } from "./grpc-unary.js";

export interface TransportOptions {
  channel: Channel;
  /** Outermost first. Each is set up once, when the transport is made. */
  interceptors: readonly Interceptor[];
  /** Deadline of a unary call that is given none, in milliseconds. */
  timeoutMs: (method: DescMethodUnary) => number;
}

/**
 * Connect's typed clients over a grpc-js channel: its interceptors above; name resolution, balancing, reconnection and
 * keepalive below.
 */
export function createTransport({ channel, interceptors, timeoutMs }: TransportOptions): Transport {
  const sendUnary = intercept((request: UnaryRequest) => callUnary(channel, request), interceptors);
  const openStream = intercept((request: StreamRequest) => callStream(channel, request), interceptors);
  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeout: number | undefined,
      header: HeaderInit,
      input: MessageInitShape<I>,
      values?: ContextValues,
    ) {
      const scope = new CallScope(signal, timeout ?? timeoutMs(method), new CallHeaders(header));
      try {
        const response = await sendUnary(unaryRequest(method, scope, input, values));
        scope.end();
        return response as UnaryResponse<I, O>; // the chain is set up once, for all methods: it does not know this one's types
      } catch (error) {
        throw scope.fail(error);
      }
    },
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeout: number | undefined,
      header: HeaderInit,
      input: AsyncIterable<MessageInitShape<I>>,
      values?: ContextValues,
    ) {
      const scope = new CallScope(signal, timeout, new CallHeaders(header));
      try {
        const response = await openStream(streamRequest(method, scope, input, values));
        // The chain is set up once, for all methods: it does not know this one's types.
        const message = scoped(response.message as AsyncIterable<MessageShape<O>>, scope);
        return { ...response, method, message };
      } catch (error) {
        throw scope.fail(error);
      }
    },
  };
}

/** Headers and signal are built when somebody asks for them. */
function unaryRequest<I extends DescMessage>(
  method: DescMethodUnary<I>,
  scope: CallScope,
  input: MessageInitShape<I>,
  values = createContextValues(),
): UnaryRequest {
  return {
    stream: false,
    service: method.parent,
    method,
    requestMethod: "POST",
    url: urlOf(method),
    contextValues: values.set(scopeKey, scope),
    message: create(method.input, input),
    get header() {
      return scope.headers.headers;
    },
    get signal() {
      return scope.signal;
    },
  };
}

function streamRequest<I extends DescMessage>(
  method: DescMethodStreaming<I>,
  scope: CallScope,
  input: AsyncIterable<MessageInitShape<I>>,
  values = createContextValues(),
): StreamRequest {
  return {
    stream: true,
    service: method.parent,
    method,
    requestMethod: "POST",
    url: urlOf(method),
    contextValues: values.set(scopeKey, scope),
    message: messages(method, input),
    header: scope.headers.headers,
    signal: scope.signal,
  };
}

function urlOf(method: DescMethodUnary | DescMethodStreaming): string {
  return `http://grpc/${method.parent.typeName}/${method.name}`;
}

async function* messages<I extends DescMessage>(method: DescMethodStreaming<I>, input: AsyncIterable<MessageInitShape<I>>) {
  for await (const message of input) yield create(method.input, message);
}

/** Ends the call's scope with its stream. Connect's client does not pass `break` on: whoever stops reading aborts their signal. */
async function* scoped<T>(received: AsyncIterable<T>, scope: CallScope): AsyncGenerator<T> {
  let complete = false;
  try {
    yield* received;
    complete = true;
    scope.end();
  } catch (error) {
    complete = true;
    throw scope.fail(error);
  } finally {
    if (!complete) scope.cancel();
  }
}
