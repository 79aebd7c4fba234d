import { Resolver } from "node:dns/promises";
import { expect, onTestFinished, test } from "vitest";
import { DnsServer } from "./dns-server.js";

async function resolverOf(): Promise<{ dns: DnsServer; resolver: Resolver }> {
  const dns = await DnsServer.open();
  onTestFinished(() => dns.close());
  const resolver = new Resolver();
  resolver.setServers([dns.address]);
  return { dns, resolver };
}

test("answers with the addresses it was given last", async () => {
  const { dns, resolver } = await resolverOf();
  dns.set("music.test", ["127.0.0.1"]);
  expect(await resolver.resolve4("music.test")).toEqual(["127.0.0.1"]);
  dns.set("music.test", ["127.0.0.1", "127.0.0.2"]);
  expect((await resolver.resolve4("MUSIC.test")).toSorted()).toEqual(["127.0.0.1", "127.0.0.2"]);
  expect(dns.asked).toBe(2);
});

test("has no IPv6 address, and does not know other names", async () => {
  const { dns, resolver } = await resolverOf();
  dns.set("music.test", ["127.0.0.1"]);
  await expect(resolver.resolve6("music.test")).rejects.toMatchObject({ code: "ENODATA" });
  await expect(resolver.resolve4("other.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
});
