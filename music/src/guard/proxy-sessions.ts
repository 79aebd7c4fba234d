import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";

/** One tool's way through the proxy. */
export interface ProxySession {
  /**
   * `http://user:token@127.0.0.1:PORT`. Give it to a tool in its environment (`http_proxy`, `https_proxy`, and `no_proxy` empty): its
   * arguments can be read by everybody on the machine.
   */
  readonly url: string;
  /** How many requests were refused for their address so far. */
  blocked(): number;
  /** Ends it: its connections are cut, its token is worth nothing. */
  close(): void;
}

/** What the proxy keeps of a session. */
export interface SessionState {
  blocked: number;
  readonly sockets: Set<Duplex>;
}

export interface ProxySessions {
  open(port: number): ProxySession;
  /** The session that a `Proxy-Authorization` header belongs to. */
  find(authorization: string | undefined): SessionState | undefined;
}

const TOKEN_BYTES = 24;

export function createProxySessions(): ProxySessions {
  /** By the header that opens it. */
  const sessions = new Map<string, SessionState>();
  return {
    open(port) {
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const header = `Basic ${Buffer.from(`tool:${token}`).toString("base64")}`;
      const state: SessionState = { blocked: 0, sockets: new Set() };
      sessions.set(header, state);
      return {
        url: `http://tool:${token}@127.0.0.1:${port}`,
        blocked: () => state.blocked,
        close() {
          sessions.delete(header);
          for (const socket of state.sockets) socket.destroy();
        },
      };
    },
    find: (authorization) => (authorization === undefined ? undefined : sessions.get(authorization)),
  };
}
