import { Code, ConnectError } from "@connectrpc/connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { status as grpcStatus, type StatusObject } from "@grpc/grpc-js";
import { toHeaders } from "../metadata.js";

/**
 * Node's words for a connection that the other end closed with an error, for example because a thousand calls on it were
 * cancelled at once. grpc-js makes INTERNAL of it for every call that was on it, as if they were to blame.
 */
const CONNECTION_CLOSED = "Session closed with error code";

function codeOf({ code, details }: StatusObject): Code {
  if (code === grpcStatus.INTERNAL && details.includes(CONNECTION_CLOSED)) return Code.Unavailable;
  return code as number; // Connect's codes have gRPC's numbers
}

/** A gRPC status as Connect's error, with its details. */
export function toConnectError(status: StatusObject): ConnectError {
  const trailer = toHeaders(status.metadata);
  const error = new ConnectError(status.details, codeOf(status), trailer);
  if (trailer.has("grpc-status-details-bin")) {
    trailer.set("grpc-status", String(status.code));
    error.details = findTrailerError(trailer)?.details ?? [];
    for (const name of ["grpc-status", "grpc-status-details-bin"]) error.metadata.delete(name);
  }
  return error;
}
