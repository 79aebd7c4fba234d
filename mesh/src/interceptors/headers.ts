import type { StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { grpcContextKey } from "../server/grpc-context.js";

type Request = UnaryRequest | StreamRequest;

/** One header of a request on the server. All of them are built only where they are there already. */
export function headerOf(request: Request, name: string): string | null {
  const context = request.contextValues.get(grpcContextKey);
  return context ? context.header(name) : request.header.get(name);
}

/** True for a unary call through the gRPC door, the one way that is counted in microseconds. */
export function isGrpcUnary(request: Request): boolean {
  return request.contextValues.get(grpcContextKey) !== undefined;
}
