import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections: a service that was killed finds its port free again. */
const FIRST_PORT = 11_000;
const LAST_PORT = 19_999;
const MAX_TRIES = 50;

/** A port that is free on every address of this machine. */
export async function freePort(): Promise<number> {
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port found");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "0.0.0.0");
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false; // somebody has it
  } finally {
    server.close();
  }
}
