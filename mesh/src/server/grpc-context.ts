import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, createHandlerContext } from "@connectrpc/connect";
import type { ServerUnaryCall } from "@grpc/grpc-js";
import { toHeaders } from "../metadata.js";

/** What every kind of grpc-js call has. Requests and answers cross grpc-js as bytes. */
export interface AnyCall extends Pick<ServerUnaryCall<Buffer, Buffer>, "getDeadline" | "metadata"> {
  once(event: "cancelled", listener: () => void): unknown;
}

export type CallContext = ReturnType<typeof createHandlerContext>;

/** Shared: a bare abort() would build a DOMException for every call. */
const HUNG_UP = new ConnectError("the caller hung up", Code.Canceled);

/**
 * Connect's view of a grpc-js call. Its signal fires on the deadline, when the caller hangs up and on `shutdown`.
 *
 * @param maxMs time for a call that comes without a deadline, or with a later one; absent: no limit
 */
export function openContext(call: AnyCall, method: DescMethod, shutdown: AbortSignal, maxMs?: number): CallContext {
  const deadline = call.getDeadline();
  const left = deadline === Infinity ? undefined : Math.max(0, Number(deadline) - Date.now());
  const timeoutMs = maxMs === undefined ? left : Math.min(left ?? maxMs, maxMs);
  const context = createHandlerContext({
    service: method.parent,
    method,
    protocolName: "grpc",
    requestMethod: "POST",
    url: `http://grpc/${method.parent.typeName}/${method.name}`,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    shutdownSignal: shutdown,
    requestHeader: toHeaders(call.metadata),
  });
  call.once("cancelled", () => {
    if (!context.signal.aborted) context.abort(HUNG_UP);
  });
  return context;
}
