import { expect, test } from "vitest";
import { silentLogger } from "@refrain/mesh/testing";
import { ManualClock, settled } from "../../test/manual-clock.js";
import { createLanes } from "./lanes.js";

function lanes() {
  const clock = new ManualClock();
  const made = createLanes({ clock, logger: silentLogger() });
  const push: typeof made.push = (...args) => made.push(...args);
  return { clock, push };
}

const never = () => new Promise<never>(() => {});

test("a chat's handlers run one after another, chats side by side", async () => {
  const { push } = lanes();
  const events: string[] = [];
  let finish = () => {};
  const slow = new Promise<void>((resolve) => (finish = resolve));
  push(
    "a",
    () => slow.then(() => events.push("a1")),
    () => events.push("a1 done"),
  );
  push(
    "a",
    async () => events.push("a2"),
    () => events.push("a2 done"),
  );
  push(
    "b",
    async () => events.push("b1"),
    () => events.push("b1 done"),
  );
  await settled();
  expect(events).toEqual(["b1", "b1 done"]);
  finish();
  await settled();
  expect(events.slice(2)).toEqual(["a1", "a1 done", "a2", "a2 done"]);
});

test("a handler holds its lane for two seconds at the most", async () => {
  const { clock, push } = lanes();
  const events: string[] = [];
  push("a", never, () => events.push(`first ${clock.now()}`));
  push(
    "a",
    async () => undefined,
    () => events.push(`second ${clock.now()}`),
  );
  await clock.advance(1_999);
  expect(events).toEqual([]);
  await clock.advance(1);
  expect(events).toEqual(["first 2000", "second 2000"]);
});

test("a handler that throws ends its turn and nothing else", async () => {
  const { push } = lanes();
  const done: string[] = [];
  push(
    "a",
    () => Promise.reject(new Error("no")),
    () => done.push("first"),
  );
  push(
    "a",
    async () => undefined,
    () => done.push("second"),
  );
  await settled();
  expect(done).toEqual(["first", "second"]);
});

test("when too many handlers are late, lanes wait for theirs", async () => {
  const { clock, push } = lanes();
  let late = 0;
  for (let chat = 0; chat < 101; chat++) push(`${chat}`, never, () => (late += 1));
  await clock.advance(10_000);
  expect(late).toBe(100);
});
