import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import type { Tls } from "./tls.js";

const DAY_MS = 86_400_000;
const COMMON = { keyType: "ec", algorithm: "sha256" } as const;

/** What may differ from a good certificate, for a test. */
export interface CertificateOptions {
  /** DNS names. Default: localhost. */
  names?: readonly string[];
  /** IP addresses. Default: 127.0.0.1. */
  addresses?: readonly string[];
  /** Default: it began yesterday and ends tomorrow. True: it ended an hour ago. */
  expired?: boolean;
}

/** A certificate authority for tests. */
export interface TestAuthority {
  /** Its certificate, as PEM. */
  readonly ca: Buffer;
  /** Makes a certificate that serves as server and as client, with its key, and with this authority as the one it believes. */
  issue(options?: CertificateOptions): Promise<Required<Tls>>;
}

/** Makes an authority; two of them do not believe each other. */
export async function createTestAuthority(name = "Refrain test CA"): Promise<TestAuthority> {
  const extensions = [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  ] as const;
  const authority = await generate([{ name: "commonName", value: name }], {
    ...COMMON,
    ...validity(),
    extensions: [...extensions],
  });
  const ca = Buffer.from(authority.cert);
  return {
    ca,
    async issue({ names = ["localhost"], addresses = ["127.0.0.1"], expired = false } = {}) {
      const altNames = [
        ...names.map((value) => ({ type: 2, value }) as const),
        ...addresses.map((ip) => ({ type: 7, ip }) as const),
      ];
      const { cert, private: key } = await generate([{ name: "commonName", value: names[0] ?? "refrain" }], {
        ...COMMON,
        ...validity(expired ? Date.now() - DAY_MS / 24 : undefined),
        ca: { key: authority.private, cert: authority.cert },
        extensions: [
          { name: "subjectAltName", altNames },
          { name: "extKeyUsage", serverAuth: true, clientAuth: true },
        ],
      });
      return { identity: { cert: Buffer.from(cert), key: Buffer.from(key) }, ca };
    },
  };
}

/** Writes certificates into a folder, and returns the settings that name them. */
export async function writeCertificates(folder: string, { identity, ca }: Tls): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true });
  const files = { TLS_CERT_FILE: identity?.cert, TLS_KEY_FILE: identity?.key, TLS_CA_FILE: ca };
  const settings: Record<string, string> = {};
  for (const [variable, pem] of Object.entries(files)) {
    if (!pem) continue;
    settings[variable] = join(folder, `${variable.toLowerCase()}.pem`);
    await writeFile(settings[variable], pem, { mode: 0o600 });
  }
  return settings;
}

function validity(end = Date.now() + DAY_MS) {
  return { notBeforeDate: new Date(Math.min(end, Date.now()) - DAY_MS), notAfterDate: new Date(end) };
}
