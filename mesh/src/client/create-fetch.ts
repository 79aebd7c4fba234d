import { secureContext, type Tls } from "../tls.js";

/** `fetch`, as the services use it. */
export type Fetch = (url: string, init?: Omit<RequestInit, "dispatcher">) => Promise<Response>;

/**
 * `fetch` that believes the CA and shows the certificate of a process. Default: Node's own.
 *
 * Node's own cannot be told of certificates, so undici, which it is made of, is loaded when there are any.
 */
export async function createFetch(tls: Tls | undefined): Promise<Fetch> {
  if (!tls) return fetch;
  const undici = await import("undici");
  const dispatcher = new undici.Agent({ connect: secureContext(tls) });
  // Node's types of fetch and undici's are the same text in two packages, which do not know each other.
  const secureFetch = undici.fetch as unknown as (url: string, init: object) => Promise<Response>;
  return (url, init) => secureFetch(url, { ...init, dispatcher });
}
