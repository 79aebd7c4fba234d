import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * Says why a request must not reach the page or its API; undefined: it may.
 *
 * A page of another site can neither reach us under a name of its own (DNS rebinding: the Host header gives it away)
 * nor post forms here (CSRF: the browser adds Origin). Programs send neither and pass.
 *
 * @param hosts names allowed beside localhost and plain addresses
 */
export function foreignRequest(request: IncomingMessage, hosts: readonly string[]): string | undefined {
  const host = request.headers.host ?? "";
  if (!isOwnHost(host, hosts)) return "this host name is not the playground's: open it by its address, or set PLAYGROUND_HOSTS";
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return "requests from other sites are refused";
  const site = request.headers["sec-fetch-site"];
  const isNavigation = request.headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isNavigation)
    return "requests from other sites are refused";
  return undefined;
}

/** The Bot API is for programs: what a browser marks as its own request has no business there. */
export function isFromBrowser(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined || request.headers["sec-fetch-site"] !== undefined;
}

function isOwnHost(host: string, hosts: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return true;
  return name === "localhost" || name.endsWith(".localhost") || hosts.includes(name);
}
