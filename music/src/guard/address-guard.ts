import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { UnsupportedUrlError } from "../errors.js";
import { isPublicAddress } from "./is-public-address.js";
import { isLocalName } from "./is-local-name.js";

/** Keeps what is done on behalf of users away from this machine, its network and its cloud. */
export interface AddressGuard {
  /**
   * Checks all of a link that can be checked without asking anybody. Use what it returns, not the text that went in: two readers
   * of one text may see two hosts.
   *
   * @throws UnsupportedUrlError for anything but http and https, a user or password, ports other than 80 and 443, and hosts that
   *   are, spell or are known to be an address that is not public
   */
  checkUrl(url: string): URL;
  /**
   * Resolves a name for a socket: to public addresses only, else `UnsupportedUrlError`. Sockets do not ask it for hosts that are
   * an address themselves.
   */
  readonly lookup: LookupFunction;
  /**
   * What `net.connect` needs to reach a host in the safe way, also one that is an address itself, for which no socket calls `lookup`.
   *
   * @param host without brackets
   * @throws UnsupportedUrlError as `checkUrl`
   */
  connectOptions(host: string, port: number): GuardedTarget;
}

export interface GuardedTarget {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  /** How long one address of several is tried before the next one. */
  readonly autoSelectFamilyAttemptTimeout: number;
}

export interface AddressGuardOptions {
  /** `host:port` pairs that may be reached whatever they are. For tests: no setting leads here. */
  allow?: readonly string[];
  /** Ports that may be asked. Default: 80 and 443. For tests, as `allow`. */
  ports?: readonly number[];
  /** Asks for all addresses of a name. Default: the system's resolver. */
  resolve?: Resolve;
}

export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const PORTS: readonly number[] = [80, 443];
const MAX_URL_LENGTH = 8192;
/** Node's own 250 ms are less than the way to another continent and back takes on a bad day: then no address would do. */
const ATTEMPT_MS = 1_000;
const MAX_NAME_LENGTH = 253;

/** Makes the guard. It keeps nothing, so one serves all. */
export function createAddressGuard(options: AddressGuardOptions = {}): AddressGuard {
  const { allow = [], ports = PORTS, resolve = systemLookup } = options;
  const exempt = new Set(allow);
  const lookup = checkedLookup(resolve, isPublicAddress);
  const anyLookup = checkedLookup(resolve, () => true);

  function connectOptions(host: string, port: number): GuardedTarget {
    if (exempt.has(`${isIP(host) === 6 ? `[${host}]` : host}:${port}`))
      return { host, port, lookup: anyLookup, autoSelectFamilyAttemptTimeout: ATTEMPT_MS };
    if (!ports.includes(port)) throw refused("only the ports 80 and 443 are asked");
    if (host.length === 0 || host.length > MAX_NAME_LENGTH) throw refused("it has no usable host");
    if (isIP(host) === 0 ? isLocalName(host) : !isPublicAddress(host)) throw notPublic();
    return { host, port, lookup, autoSelectFamilyAttemptTimeout: ATTEMPT_MS };
  }

  return {
    checkUrl(text) {
      if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) throw refused("it is not a link");
      const url = new URL(text);
      if (url.protocol !== "http:" && url.protocol !== "https:") throw refused("only http and https are asked");
      if (url.username !== "" || url.password !== "") throw refused("it has a user or a password");
      connectOptions(hostOf(url), portOf(url));
      return url;
    },
    lookup,
    connectOptions,
  };
}

/** The host as sockets want it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

function checkedLookup(resolve: Resolve, isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      if (!first) return callback(Object.assign(new Error("the name has no address"), { code: "ENOTFOUND" }), []);
      // A name that leads here and there is meant to lead here.
      if (!addresses.every(({ address }) => isAllowed(address))) return callback(notPublic(), []);
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function notPublic(): UnsupportedUrlError {
  return refused("its address is not public");
}

function refused(why: string): UnsupportedUrlError {
  return new UnsupportedUrlError(`the link is not followed: ${why}`);
}
