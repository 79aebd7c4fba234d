import type { StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { grpcContextKey } from "../server/grpc-context.js";

/** One header of a request on the server. All of them are built only where they are there already. */
export function headerOf(request: UnaryRequest | StreamRequest, name: string): string | null {
  const context = request.contextValues.get(grpcContextKey);
  return context ? context.header(name) : request.header.get(name);
}

/** Adds a header to the answer to a request. */
export function answerHeader(
  request: UnaryRequest | StreamRequest,
  response: UnaryResponse | StreamResponse,
  name: string,
  value: string,
): void {
  const context = request.contextValues.get(grpcContextKey);
  if (context) context.addHeader(name, value);
  else response.header.set(name, value);
}
