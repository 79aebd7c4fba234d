import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ConfigError, optionalText, type Env } from "./env.js";

/** Oldest protocol that either side speaks. */
export const MIN_TLS_VERSION = "TLSv1.2";

/** Certificates of a process, as PEM. */
export interface Tls {
  /** What it shows to others: as a server, and to servers that ask for it. Without it doors are cleartext. */
  readonly identity?: { readonly cert: Buffer; readonly key: Buffer };
  /** Who it believes. Servers that have it let only clients with a certificate of this CA in. Absent: the system's roots. */
  readonly ca?: Buffer;
}

type Variable = "TLS_CERT_FILE" | "TLS_KEY_FILE" | "TLS_CA_FILE";

const EXAMPLES: Record<Variable, string> = {
  TLS_CERT_FILE: "/etc/refrain/tls.crt",
  TLS_KEY_FILE: "/etc/refrain/tls.key",
  TLS_CA_FILE: "/etc/refrain/ca.crt",
};

/**
 * Reads TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE, and the files they name. Default: none, cleartext.
 *
 * @throws ConfigError naming the variable: a file that cannot be read or is no PEM, a certificate without its key, a key of
 * another certificate, a certificate that is not valid now
 */
export function tlsSettings(env: Env): Tls | undefined {
  const identity = readIdentity(env);
  const ca = readPem(env, "TLS_CA_FILE");
  if (ca) checkAuthorities(ca);
  if (!identity && !ca) return undefined;
  const tls = { ...(identity && { identity }), ...(ca && { ca }) };
  checkUsable(tls);
  return tls;
}

/**
 * The same for a service that only serves: there a CA without a certificate of its own would leave its doors cleartext.
 *
 * @throws ConfigError as `tlsSettings`, and for a CA alone
 */
export function serverTlsSettings(env: Env): Tls | undefined {
  const tls = tlsSettings(env);
  if (tls && !tls.identity) throw missing("TLS_CERT_FILE", "TLS_CA_FILE");
  return tls;
}

/** When the certificate that a process shows ends, in Unix seconds; undefined without one. */
export function certificateEnd({ identity }: Tls): number | undefined {
  return identity && Date.parse(new X509Certificate(identity.cert).validTo) / 1000;
}

/** The same certificates as Node's TLS takes them, for servers and clients. */
export function secureContext({ identity, ca }: Tls): SecureContextOptions {
  return { minVersion: MIN_TLS_VERSION, ...identity, ...(ca && { ca }) };
}

function readIdentity(env: Env): Tls["identity"] {
  const cert = readPem(env, "TLS_CERT_FILE");
  const key = readPem(env, "TLS_KEY_FILE");
  if (!cert && !key) return undefined;
  if (!cert) throw missing("TLS_CERT_FILE", "TLS_KEY_FILE");
  if (!key) throw missing("TLS_KEY_FILE", "TLS_CERT_FILE");
  const certificate = parseCertificate("TLS_CERT_FILE", cert);
  if (!certificate.checkPrivateKey(parseKey(key)))
    throw wrong("TLS_KEY_FILE", "is not the key of the certificate in TLS_CERT_FILE");
  checkTime("TLS_CERT_FILE", certificate);
  return { cert, key };
}

function readPem(env: Env, variable: Variable): Buffer | undefined {
  const path = optionalText(env, variable);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw wrong(variable, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code}): ${path}`);
  }
}

function parseCertificate(variable: Variable, pem: Buffer | string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw wrong(variable, "names a file that is no certificate in PEM"); // OpenSSL's own words help nobody
  }
}

function parseKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw wrong("TLS_KEY_FILE", "names a file that is no private key in PEM without a passphrase"); // as above
  }
}

/** A bundle may hold authorities that have ended, as long as one of them is still good. */
function checkAuthorities(pem: Buffer): void {
  const blocks = pem.toString().match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [""];
  const authorities = blocks.map((block) => parseCertificate("TLS_CA_FILE", block));
  const good = authorities.some((authority) => timeProblem(authority) === undefined);
  const [first] = authorities;
  if (!good && first) checkTime("TLS_CA_FILE", first);
}

function checkTime(variable: Variable, certificate: X509Certificate): void {
  const problem = timeProblem(certificate);
  if (problem) throw wrong(variable, problem);
}

function timeProblem({ validFrom, validTo }: X509Certificate): string | undefined {
  if (Date.parse(validTo) <= Date.now()) return `names a certificate that ended on ${validTo}`;
  if (Date.parse(validFrom) > Date.now()) return `names a certificate that begins on ${validFrom}; is the clock right?`;
  return undefined;
}

/** What parses may still be refused, such as a key that is too short. */
function checkUsable(tls: Tls): void {
  try {
    createSecureContext(secureContext(tls));
  } catch (error) {
    const reason = error instanceof Error && "reason" in error ? String(error.reason) : "unknown reason";
    throw wrong(tls.identity ? "TLS_CERT_FILE" : "TLS_CA_FILE", `names what TLS refuses to use (${reason})`);
  }
}

function missing(variable: Variable, other: Variable): ConfigError {
  return wrong(variable, `is not set, but ${other} is`);
}

function wrong(variable: Variable, problem: string): ConfigError {
  return new ConfigError(variable, problem, EXAMPLES[variable]);
}
