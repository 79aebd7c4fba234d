import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Metadata, status } from "@grpc/grpc-js";
import { toMetadata } from "../metadata.js";

const DETAILS = "grpc-status-details-bin";

/** An error as gRPC sends it: code, sentence, and the details as google.rpc.Status in the trailers. */
export function toGrpcStatus(reason: unknown): { code: status; details: string; metadata: Metadata } {
  const error = ConnectError.from(reason, Code.Internal);
  const metadata = toMetadata(error.metadata);
  if (error.details.length > 0) {
    const trailer = new Headers();
    setTrailerStatus(trailer, error);
    const details = trailer.get(DETAILS);
    if (details) metadata.set(DETAILS, Buffer.from(details, "base64"));
  }
  // Connect's codes have gRPC's numbers.
  return { code: error.code as number, details: error.rawMessage, metadata };
}
