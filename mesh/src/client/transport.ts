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

type HeaderInit = ConstructorParameters<typeof Headers>[0];

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
      const scope = new CallScope(signal, timeout ?? timeoutMs(method));
      try {
        const response = await sendUnary(unaryRequest(method, scope, header, input, values));
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
      const scope = new CallScope(signal, timeout);
      try {
        const response = await openStream(streamRequest(method, scope, header, input, values));
        // The chain is set up once, for all methods: it does not know this one's types.
        const message = scoped(response.message as AsyncIterable<MessageShape<O>>, scope);
        return { ...response, method, message };
      } catch (error) {
        throw scope.fail(error);
      }
    },
  };
}

function common(
  method: DescMethodUnary | DescMethodStreaming,
  scope: CallScope,
  header: HeaderInit,
  values = createContextValues(),
) {
  const url = `http://grpc/${method.parent.typeName}/${method.name}`;
  const contextValues = values.set(scopeKey, scope);
  return { service: method.parent, requestMethod: "POST", url, header: new Headers(header), contextValues };
}

function unaryRequest<I extends DescMessage>(
  method: DescMethodUnary<I>,
  scope: CallScope,
  header: HeaderInit,
  input: MessageInitShape<I>,
  values?: ContextValues,
): UnaryRequest {
  const message = create(method.input, input);
  const { service, requestMethod, url, header: headers, contextValues } = common(method, scope, header, values);
  return {
    stream: false,
    service,
    method,
    requestMethod,
    url,
    header: headers,
    contextValues,
    message,
    get signal() {
      return scope.signal;
    },
  };
}

function streamRequest<I extends DescMessage>(
  method: DescMethodStreaming<I>,
  scope: CallScope,
  header: HeaderInit,
  input: AsyncIterable<MessageInitShape<I>>,
  values?: ContextValues,
): StreamRequest {
  return {
    ...common(method, scope, header, values),
    stream: true,
    method,
    signal: scope.signal,
    message: messages(method, input),
  };
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
