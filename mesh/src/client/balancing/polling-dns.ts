import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { type ChannelOptions, experimental, Metadata, status } from "@grpc/grpc-js";

/** Scheme of targets that are asked for again and again. */
export const POLLING_DNS = "polling-dns";

/** Channel option: time between two questions, in milliseconds. Default 5,000. */
export const POLL_MS_OPTION = "refrain.dns_poll_ms";

const POLL_MS = 5_000;
/** A balancer that loses its connections asks at once, and often: no more than this. */
const SOONEST_MS = 500;
const QUESTION_MS = 2_000;
const DEFAULT_PORT = 443;

/** Asks for the addresses of a host; rejects, or answers with none, when there are none. */
type Lookup = (host: string) => Promise<readonly string[]>;

/** The system's way, which knows /etc/hosts and search domains. */
const systemLookup: Lookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** Asks one DNS server, `host:port`, for A and AAAA. */
function serverLookup(server: string): Lookup {
  const resolver = new Resolver({ timeout: QUESTION_MS, tries: 2 });
  resolver.setServers([server]);
  return async (host) => {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const [ipv4, ipv6] = answers;
    if (ipv4.status === "rejected" && ipv6.status === "rejected") throw ipv4.reason;
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  };
}

/**
 * Resolves `polling-dns:///host:port`, and `polling-dns://server:port/host:port` at that DNS server.
 *
 * grpc-js' own resolver asks again only when a connection breaks, so that replicas which are added get nothing. This one
 * asks every 5 s. A question that fails, or is answered with nothing, changes nothing: the last addresses are kept.
 */
class PollingDns implements experimental.Resolver {
  readonly #listener: experimental.ResolverListener;
  readonly #host: string;
  readonly #port: number;
  readonly #pollMs: number;
  readonly #lookup: Lookup;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #askedAt = -Infinity;
  #known = "";
  #destroyed = false;

  constructor(target: experimental.GrpcUri, listener: experimental.ResolverListener, options: ChannelOptions) {
    const address = experimental.splitHostPort(target.path);
    if (!address) throw new Error(`not a host and port: ${target.path}`);
    this.#listener = listener;
    this.#host = address.host;
    this.#port = address.port ?? DEFAULT_PORT;
    this.#pollMs = Number(options[POLL_MS_OPTION] ?? POLL_MS);
    this.#lookup = target.authority ? serverLookup(target.authority) : systemLookup;
  }

  static getDefaultAuthority(target: experimental.GrpcUri): string {
    return target.path;
  }

  updateResolution(): void {
    this.#destroyed = false;
    if (!this.#asking) this.#askIn(this.#askedAt + SOONEST_MS - performance.now());
  }

  destroy(): void {
    this.#destroyed = true;
    this.#known = "";
    clearTimeout(this.#timer);
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, ms));
    this.#timer.unref(); // a channel that nobody uses keeps no process alive
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    this.#asking = true;
    this.#askedAt = performance.now();
    try {
      const found = isIP(this.#host) ? [this.#host] : await this.#lookup(this.#host);
      this.#tell([...new Set(found)].toSorted());
    } catch (error) {
      this.#tell([], error);
    } finally {
      this.#asking = false;
      // An address stays what it is; names are asked by many clients, so not all in the same moment.
      if (!this.#destroyed && !isIP(this.#host)) this.#askIn(this.#pollMs * (0.9 + 0.2 * Math.random()));
    }
  }

  #tell(hosts: readonly string[], error?: unknown): void {
    const found = hosts.join();
    if (this.#destroyed || found === this.#known || (found === "" && this.#known !== "")) return;
    this.#known = found;
    if (found === "") return void this.#listener(this.#nothing(error), {}, null, "");
    const endpoints = hosts.map((host) => ({ addresses: [{ host, port: this.#port }] }));
    this.#listener(experimental.statusOrFromValue(endpoints), {}, null, "");
  }

  #nothing(error: unknown) {
    const why = error instanceof Error ? error.message : "it has no addresses";
    const details = `${this.#host} cannot be resolved: ${why}`;
    return experimental.statusOrFromError<experimental.Endpoint[]>({
      code: status.UNAVAILABLE,
      details,
      metadata: new Metadata(),
    });
  }
}

/** Makes the scheme known to grpc-js. Doing so again changes nothing. */
export function registerPollingDns(): void {
  experimental.registerResolver(POLLING_DNS, PollingDns);
}
