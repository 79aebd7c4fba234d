import { Metadata } from "@grpc/grpc-js";

/** Connect's headers as gRPC metadata. Binary entries (`…-bin`) are base64 in headers and bytes in metadata. */
export function toMetadata(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers) {
    if (!name.endsWith("-bin")) metadata.set(name, value);
    else for (const part of value.split(",")) metadata.add(name, Buffer.from(part.trim(), "base64"));
  }
  return metadata;
}

/** gRPC metadata as Connect's headers. */
export function toHeaders(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) {
      headers.append(name, typeof value === "string" ? value : value.toString("base64").replace(/=+$/, ""));
    }
  }
  return headers;
}
