import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Opens a connection to a proxy, and the header that its URL stands for. */
async function open(proxyUrl: string): Promise<{ socket: Socket; authorization: string }> {
  const { hostname, port, username, password } = new URL(proxyUrl);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  const pair = Buffer.from(`${username}:${password}`).toString("base64");
  return { socket, authorization: username === "" ? "" : `Proxy-Authorization: Basic ${pair}\r\n` };
}

/** Reads until the headers of an answer are complete, and gives its status. */
async function readStatus(socket: Socket): Promise<number> {
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const [chunk] = await Promise.race([
      once(socket, "data"),
      once(socket, "end").then(() => [undefined]),
      once(socket, "close"),
    ]);
    if (!Buffer.isBuffer(chunk)) break;
    text += chunk.toString("latin1");
  }
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 599);
}

/** Asks a proxy for a URL exactly as it is spelled; 599 when it hangs up instead of answering. */
export async function askProxy(proxyUrl: string, url: string): Promise<number> {
  const { socket, authorization } = await open(proxyUrl);
  try {
    socket.write(`GET ${url} HTTP/1.1\r\nHost: example.com\r\n${authorization}\r\n`);
    return await readStatus(socket);
  } finally {
    socket.destroy();
  }
}

/** Asks a proxy for a tunnel, and then through it, so that a target would be reached; gives the status of the tunnel. */
export async function tunnelThrough(proxyUrl: string, authority: string): Promise<number> {
  const { socket, authorization } = await open(proxyUrl);
  try {
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
    return await readStatus(socket);
  } finally {
    socket.destroy();
  }
}
