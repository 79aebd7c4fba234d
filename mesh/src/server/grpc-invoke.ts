import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type Interceptor,
  type MethodImplSpec,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { intercept } from "../intercept.js";
import { grpcContextKey, type GrpcContext } from "./grpc-context.js";

/** A unary method inside its interceptors. Headers and signal of a call are built only when somebody asks for them. */
export function unaryInvocation(spec: MethodImplSpec & { kind: "unary" }, interceptors: Interceptor[]) {
  const { method } = spec;
  const invoke = intercept(async (request: UnaryRequest): Promise<UnaryResponse> => {
    const context = request.contextValues.get(grpcContextKey);
    if (!context) throw new ConnectError("an interceptor dropped the context values", Code.Internal);
    return unaryResponse(context, method, create(method.output, await spec.impl(request.message, context)));
  }, interceptors);
  return async (context: GrpcContext, message: MessageShape<DescMessage>): Promise<MessageShape<DescMessage>> => {
    context.values.set(grpcContextKey, context);
    return (await invoke(unaryRequest(context, method, message))).message;
  };
}

function unaryRequest(context: GrpcContext, method: UnaryRequest["method"], message: MessageShape<DescMessage>): UnaryRequest {
  return {
    stream: false,
    service: method.parent,
    method,
    message,
    requestMethod: context.requestMethod,
    contextValues: context.values,
    get url() {
      return context.url;
    },
    get signal() {
      return context.signal;
    },
    get header() {
      return context.requestHeader;
    },
  };
}

function unaryResponse(context: GrpcContext, method: UnaryResponse["method"], message: MessageShape<DescMessage>): UnaryResponse {
  return {
    stream: false,
    service: method.parent,
    method,
    message,
    get header() {
      return context.responseHeader;
    },
    get trailer() {
      return context.responseTrailer;
    },
  };
}
