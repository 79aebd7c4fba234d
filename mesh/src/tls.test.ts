import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./testing.js";
import { createTestAuthority, writeCertificates } from "./testing-certificates.js";
import { certificateEnd, serverTlsSettings, tlsSettings } from "./tls.js";

/** Settings that name good files, with some of them replaced. */
async function settings(changes: Record<string, string | undefined> = {}) {
  const authority = await createTestAuthority();
  return { ...(await writeCertificates(await temporaryFolder(), await authority.issue())), ...changes };
}

async function fileWith(text: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), "file.pem");
  await writeFile(path, text);
  return path;
}

/** The variable that is blamed, and the sentence. */
function blamed(
  env: Record<string, string | undefined>,
  read: (env: Record<string, string | undefined>) => unknown = tlsSettings,
) {
  try {
    read(env);
  } catch (error) {
    expect(error).toMatchObject({ name: "ConfigError" });
    return (error as Error).message;
  }
  return "nothing";
}

test("without files there is no TLS", () => {
  expect(tlsSettings({})).toBeUndefined();
});

test("certificate, key and CA are read, and when the certificate ends", async () => {
  const tls = tlsSettings(await settings());
  expect(tls?.identity?.cert.toString()).toContain("BEGIN CERTIFICATE");
  expect(tls?.ca).toBeDefined();
  const hours = ((tls && certificateEnd(tls)) ?? 0) / 3600 - Date.now() / 3_600_000;
  expect(hours).toBeGreaterThan(23);
  expect(hours).toBeLessThan(25);
});

test("a certificate without its key stops the start, and so does a key alone", async () => {
  expect(blamed(await settings({ TLS_KEY_FILE: undefined }))).toMatch(/^TLS_KEY_FILE is not set, but TLS_CERT_FILE is/);
  expect(blamed(await settings({ TLS_CERT_FILE: undefined }))).toMatch(/^TLS_CERT_FILE is not set, but TLS_KEY_FILE is/);
});

test("a CA alone is for clients: a service that only serves would be cleartext", async () => {
  const ca = await settings({ TLS_CERT_FILE: undefined, TLS_KEY_FILE: undefined });
  expect(tlsSettings(ca)).toMatchObject({ ca: expect.any(Buffer) });
  expect(blamed(ca, serverTlsSettings)).toMatch(/^TLS_CERT_FILE is not set, but TLS_CA_FILE is/);
});

test("files that are missing or of another kind are named", async () => {
  expect(blamed(await settings({ TLS_CA_FILE: "/nowhere/ca.crt" }))).toMatch(/^TLS_CA_FILE .*ENOENT.*\/nowhere\/ca.crt/);
  const text = await fileWith("not a certificate");
  for (const variable of ["TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CA_FILE"]) {
    expect(blamed(await settings({ [variable]: text }))).toMatch(new RegExp(`^${variable} names a file that is no .* in PEM`));
  }
});

test("the key of another certificate is noticed", async () => {
  const other = await settings();
  expect(blamed(await settings({ TLS_KEY_FILE: other["TLS_KEY_FILE"] }))).toMatch(/^TLS_KEY_FILE is not the key/);
});

test("a certificate that has ended stops the start", async () => {
  const authority = await createTestAuthority();
  const expired = await writeCertificates(await temporaryFolder(), await authority.issue({ expired: true }));
  expect(blamed(expired)).toMatch(/^TLS_CERT_FILE names a certificate that ended on /);
});

test("a bundle of authorities may hold one that has ended, but not only such", async () => {
  const authority = await createTestAuthority();
  const [good, ended] = [await authority.issue(), await authority.issue({ expired: true })];
  const bundle = Buffer.concat([ended.identity.cert, Buffer.from("\n"), good.ca]);
  expect(tlsSettings({ TLS_CA_FILE: await fileWith(bundle) })?.ca).toEqual(bundle);
  expect(blamed({ TLS_CA_FILE: await fileWith(ended.identity.cert) })).toMatch(/^TLS_CA_FILE names a certificate that ended/);
});

test("no message shows a key", async () => {
  const good = await settings();
  const message = blamed({ ...good, TLS_CERT_FILE: good["TLS_KEY_FILE"] });
  expect(message).toMatch(/^TLS_CERT_FILE names a file that is no certificate/);
  expect(message).not.toContain("PRIVATE");
});
