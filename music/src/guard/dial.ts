import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import type { GuardedTarget } from "./address-guard.js";

const CONNECT_MS = 10_000;

/** The other side did not answer in time. */
export class DialTimeoutError extends Error {
  override name = "DialTimeoutError";
}

/**
 * Opens a connection to a target, to the very address that was checked, also when it goes through another proxy: that one is
 * told the address, never the name.
 *
 * Rejects with `UnsupportedUrlError` when the name leads to an address that is not public, `DialTimeoutError` after 10 s, else
 * with what the system says.
 */
export async function dial(target: GuardedTarget, upstream: URL | undefined): Promise<Socket> {
  return upstream ? connectThrough(upstream, await resolve(target), target.port) : connectTo(target);
}

function connectTo(target: GuardedTarget): Promise<Socket> {
  return new Promise((fulfil, reject) => {
    // Half open: what one side still says after the other has ended is carried on.
    const socket = connect({ ...target, allowHalfOpen: true, timeout: CONNECT_MS });
    socket.once("connect", () => {
      socket.off("error", reject).setTimeout(0);
      fulfil(socket);
    });
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(new DialTimeoutError("no answer in time")));
  });
}

function connectThrough(upstream: URL, address: string, port: number): Promise<Socket> {
  const path = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
  const headers: Record<string, string> = { host: path };
  if (upstream.username !== "") headers["proxy-authorization"] = basic(upstream);
  const request = upstream.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((fulfil, reject) => {
    const asked = request(new URL("/", upstream.origin), { method: "CONNECT", path, headers, timeout: CONNECT_MS, agent: false });
    asked.once("connect", (answer, socket) => {
      if (answer.statusCode === 200) return fulfil(socket.setTimeout(0));
      socket.destroy();
      reject(new Error(`the upstream proxy answered ${answer.statusCode ?? "nothing"}`));
    });
    asked.once("response", (answer) => {
      answer.destroy();
      reject(new Error(`the upstream proxy answered ${answer.statusCode ?? "nothing"}`));
    });
    asked.once("timeout", () => asked.destroy(new DialTimeoutError("no answer in time")));
    asked.once("error", reject);
    asked.end();
  });
}

function resolve({ host, lookup }: GuardedTarget): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((fulfil, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) return reject(error);
      const list = typeof addresses === "string" ? [{ address: addresses, family: isIP(addresses) }] : addresses;
      // Whether the proxy has IPv6 is not known; IPv4 it has.
      const chosen = list.find(({ family }) => family === 4) ?? list[0];
      if (chosen) fulfil(chosen.address);
      else reject(new Error("the name has no address"));
    });
  });
}

function basic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}
