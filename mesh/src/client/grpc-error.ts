import { ConnectError } from "@connectrpc/connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { StatusObject } from "@grpc/grpc-js";
import { toHeaders } from "../metadata.js";

/** A gRPC status as Connect's error, with its details. */
export function toConnectError(status: StatusObject): ConnectError {
  const trailer = toHeaders(status.metadata);
  const error = new ConnectError(status.details, status.code as number, trailer);
  if (trailer.has("grpc-status-details-bin")) {
    trailer.set("grpc-status", String(status.code));
    error.details = findTrailerError(trailer)?.details ?? [];
    for (const name of ["grpc-status", "grpc-status-details-bin"]) error.metadata.delete(name);
  }
  return error;
}
