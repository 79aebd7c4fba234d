import { Pool } from "undici";
import { type AddressGuard, hostOf, portOf } from "../guard/address-guard.js";

export interface PoolsOptions {
  guard: AddressGuard;
  /** Connections to one host. */
  perHost: number;
  /** Nothing comes for so long in the middle of a body: it has broken off. */
  silenceMs: number;
  /** Authority that is believed instead of the public ones, as PEM. For tests. */
  ca?: string | Buffer | undefined;
}

/** Open connections by origin, each to addresses that the guard has checked when it was opened. */
export interface Pools {
  /** @throws UnsupportedUrlError for what the guard refuses */
  of(url: URL): Pool;
  close(): Promise<void>;
}

/** An Agent of undici would do, but never forgets an origin: redirects could fill the memory with them. */
const MAX_ORIGINS = 32;
const CONNECT_MS = 10_000;
const KEEP_ALIVE_MS = 4_000;
const HEADER_BYTES = 16 * 1024;

export function createPools({ guard, perHost, silenceMs, ca }: PoolsOptions): Pools {
  /** The one that was used last comes last. */
  const pools = new Map<string, Pool>();
  let closed = false;

  function open(url: URL): Pool {
    const { lookup, autoSelectFamilyAttemptTimeout } = guard.connectOptions(hostOf(url), portOf(url));
    return new Pool(url.origin, {
      connections: perHost,
      connect: { lookup, autoSelectFamilyAttemptTimeout, timeout: CONNECT_MS, ...(ca === undefined ? {} : { ca }) },
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES,
      // The whole answer until its body has a limit of its own.
      headersTimeout: 0,
      bodyTimeout: silenceMs,
      pipelining: 1,
    });
  }

  return {
    of(url) {
      if (closed) throw new Error("the client is closed");
      const pool = pools.get(url.origin) ?? open(url);
      pools.delete(url.origin);
      pools.set(url.origin, pool);
      const [oldest] = pools;
      if (pools.size > MAX_ORIGINS && oldest) {
        pools.delete(oldest[0]);
        // Requests under way end in peace; there is nothing to learn from how.
        oldest[1].close().catch(() => undefined);
      }
      return pool;
    },
    async close() {
      closed = true;
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}
