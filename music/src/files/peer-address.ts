import { networkInterfaces } from "node:os";

/**
 * Where other replicas reach this one.
 *
 * @param bound `host:port` of the HTTP door; an address that stands for all of the machine's becomes the first of them that others see
 */
export function peerAddress(bound: string, secure: boolean): string {
  const at = bound.lastIndexOf(":");
  const [host, port] = [bound.slice(0, at), bound.slice(at + 1)];
  const seen = ["0.0.0.0", "::", "[::]", ""].includes(host) ? (firstAddress() ?? "127.0.0.1") : host;
  const written = seen.includes(":") && !seen.startsWith("[") ? `[${seen}]` : seen;
  return `${secure ? "https" : "http"}://${written}:${port}`;
}

function firstAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
