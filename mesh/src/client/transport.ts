import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextValues,
  type Interceptor,
  type StreamResponse,
  type Transport,
} from "@connectrpc/connect";
import type { Channel } from "@grpc/grpc-js";
import { callStream, callUnary } from "./grpc-call.js";
import { openScope, type CallScope } from "./call-scope.js";

export interface TransportOptions {
  channel: Channel;
  /** Outermost first. */
  interceptors: readonly Interceptor[];
  /** Deadline of a unary call that is given none. */
  timeoutMs: (method: DescMethodUnary) => number;
}

/** Wraps the call in its interceptors; the first one is the outermost. */
function intercept<Next>(call: Next, interceptors: readonly Interceptor[]): Next {
  // An interceptor is typed for unary and streaming calls at once; here only one of them is called.
  return interceptors.reduceRight((next, interceptor) => interceptor(next as never) as Next, call);
}

function path(method: DescMethodUnary | DescMethodStreaming): string {
  return `http://grpc/${method.parent.typeName}/${method.name}`;
}

/**
 * Connect's typed clients over a grpc-js channel: its interceptors above; name resolution, balancing, reconnection and
 * keepalive below. A deadline is absolute, so whatever repeats a call sends only what is left of it.
 */
export function createTransport({ channel, interceptors, timeoutMs }: TransportOptions): Transport {
  return {
    async unary(method, signal, timeout, header, input, contextValues) {
      const ms = timeout ?? timeoutMs(method);
      const deadline = Date.now() + ms;
      const scope = openScope(signal, ms);
      const request = {
        ...common(method, scope, header, contextValues),
        stream: false as const,
        method,
        message: create(method.input, input),
      };
      try {
        const response = await intercept((next: typeof request) => callUnary(channel, next, deadline), interceptors)(request);
        scope.end();
        return response;
      } catch (error) {
        throw scope.fail(error);
      }
    },
    async stream(method, signal, timeout, header, input, contextValues) {
      const deadline = timeout === undefined ? Infinity : Date.now() + timeout;
      const scope = openScope(signal, timeout);
      const request = {
        ...common(method, scope, header, contextValues),
        stream: true as const,
        method,
        message: messages(method, input),
      };
      try {
        const response = await intercept((next: typeof request) => callStream(channel, next, deadline), interceptors)(request);
        return { ...response, message: scoped(response, scope) };
      } catch (error) {
        throw scope.fail(error);
      }
    },
  };
}

function common(
  method: DescMethodUnary | DescMethodStreaming,
  scope: CallScope,
  header: ConstructorParameters<typeof Headers>[0],
  contextValues = createContextValues(),
) {
  const url = path(method);
  return { service: method.parent, requestMethod: "POST", url, signal: scope.signal, header: new Headers(header), contextValues };
}

async function* messages<I extends DescMessage>(method: DescMethodStreaming<I>, input: AsyncIterable<MessageInitShape<I>>) {
  for await (const message of input) yield create(method.input, message);
}

/** Ends the call's scope with its stream. Connect's client does not pass `break` on: whoever stops reading aborts their signal. */
async function* scoped<I extends DescMessage, O extends DescMessage>(response: StreamResponse<I, O>, scope: CallScope) {
  let complete = false;
  try {
    yield* response.message;
    complete = true;
    scope.end();
  } catch (error) {
    complete = true;
    throw scope.fail(error);
  } finally {
    if (!complete) scope.fail(new ConnectError("the reader left", Code.Canceled));
  }
}
