import { expect, test } from "vitest";
import { healthOf } from "./health.js";

type Circuits = ReturnType<Parameters<typeof healthOf>[0]["music"]["circuits"]>;

/** A service that answers, or not, with these circuit breakers. */
const service = (answers: boolean, circuits: Circuits = []) => ({
  ready: () => (answers ? Promise.resolve() : Promise.reject(new Error("127.0.0.1:50051 refused"))),
  circuits: () => circuits,
});

const telegram = { connected: () => true };
const open = { method: "Search", state: "open" } as const;
const closed = { method: "Download", state: "closed" } as const;

test("a service whose calls fail is not well, although it says so itself; its circuit breakers are shown", async () => {
  const { dependencies } = await healthOf({ music: service(true, [open, closed]), storage: service(true) }, telegram);
  expect(dependencies["music"]).toMatchObject({
    ok: false,
    detail: "calls fail: Search",
    circuits: { Search: "open", Download: "closed" },
  });
  expect(dependencies["storage"]).toMatchObject({ ok: true, circuits: {} });
});

test("a service that does not answer is told without its address", async () => {
  const { dependencies } = await healthOf({ music: service(false), storage: service(true) }, telegram);
  expect(dependencies["music"]).toEqual({ ok: false, detail: "does not answer", circuits: {} });
});
