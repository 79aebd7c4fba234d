import { createFetch, tlsSettings } from "@refrain/mesh";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { createTestAuthority, writeCertificates } from "@refrain/mesh/testing-certificates";
import { expect, test } from "vitest";
import { Listener } from "../src/listener.js";
import { startRefrain } from "../src/refrain.js";

const BEN = 1002;

test("with certificates everything between the services is mutual TLS, and a listener notices nothing", async () => {
  const certificates = await (await createTestAuthority()).issue();
  const variables = await writeCertificates(await temporaryFolder(), certificates);
  await using refrain = await (await startRefrain({ ...variables, LIBRARY_BYTES_PER_SECOND: "0" })).ready();

  const ben = new Listener(refrain.page, BEN);
  await ben.say("/play believer");
  await ben.presses("Believer");
  await ben.hears("Believer", 60_000);

  const get = await createFetch(tlsSettings(variables));
  for (const service of ["music", "storage", "bot"]) {
    const door = refrain.address(service, "http");
    expect((await get(`https://${door}/health`)).status).toBe(200);
    await expect(fetch(`http://${door}/health`)).rejects.toThrow("fetch failed");
  }
  await cardsShow(refrain.page);
  expect(refrain.output).toContain(`grpcurl -cacert ${variables["TLS_CA_FILE"]} -cert`);
  expect(refrain.output).not.toContain("Warning");
  expect(await refrain.stop()).toBe(0);
}, 240_000);

/** Waits until the cards of the page, which look at the doors while it is open, have seen all services. */
async function cardsShow(page: string): Promise<void> {
  const leave = new AbortController();
  const events = await fetch(`${page}/playground/api/events`, { signal: leave.signal });
  try {
    await until(async () => {
      const state = await (await fetch(`${page}/playground/api/state`)).json();
      const { services } = state as { services: { light: string }[] };
      return services.length === 3 && services.every(({ light }) => light === "green" || light === "amber");
    });
  } finally {
    leave.abort();
    await events.body?.cancel().catch(() => {}); // its own abort
  }
}
