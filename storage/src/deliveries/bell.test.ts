import { describe, expect, test } from "vitest";
import { createBell } from "./bell.js";

const LONG_MS = 60_000;
const { signal: never } = new AbortController();

function waiters() {
  const bell = createBell();
  const woken: string[] = [];
  const wait = (claimer: string, botId = "bot", ms = LONG_MS, signal = never) =>
    bell.wait({ botId, claimer }, ms, signal).then(() => void woken.push(claimer));
  return { bell, woken, wait };
}

describe("a ring", () => {
  test("wakes one waiter, in the order they came", async () => {
    const { bell, woken, wait } = waiters();
    const waits = [wait("one"), wait("two")];
    bell.ring("bot");
    await waits[0];
    expect(woken).toEqual(["one"]);
    bell.ring("bot");
    await Promise.all(waits);
  });

  test("for a claimer wakes that one, or is heard when it comes to wait", async () => {
    const { bell, woken, wait } = waiters();
    const waits = [wait("one"), wait("two")];
    bell.ring("bot", "two");
    await waits[1];
    bell.ring("bot", "two");
    await wait("two");
    expect(woken).toEqual(["two", "two"]);
    bell.ring("bot");
    await waits[0];
  });

  test("while nobody waits is heard by whoever comes next, once", async () => {
    const { bell, woken, wait } = waiters();
    bell.ring("bot");
    bell.ring("bot");
    await wait("one");
    expect(woken).toEqual(["one"]);
    const next = wait("two", "bot", 1);
    await next;
    expect(woken).toEqual(["one", "two"]);
  });

  test("is heard however many were rung for claimers who never came back", async () => {
    const { bell, woken, wait } = waiters();
    for (let index = 0; index < 2_000; index++) bell.ring("bot", `gone ${index}`);
    bell.ring("bot", "one");
    await wait("one");
    bell.ring("bot");
    await wait("two");
    expect(woken).toEqual(["one", "two"]);
  });

  test("for another bot wakes nobody", async () => {
    const { bell, woken, wait } = waiters();
    const other = new AbortController();
    const waiting = wait("one", "bot", LONG_MS, other.signal);
    bell.ring("another");
    await Promise.resolve();
    expect(woken).toEqual([]);
    other.abort();
    await waiting;
  });

  test("is told to the other replicas when it is announced", () => {
    const told: string[] = [];
    const bell = createBell((botId) => told.push(botId));
    bell.ring("here");
    bell.announce("everywhere");
    expect(told).toEqual(["everywhere"]);
  });
});

describe("waiting", () => {
  test("ends with its time, and with its signal, also one that has fired before", async () => {
    const { woken, wait } = waiters();
    await wait("time", "bot", 1);
    await wait("fired", "bot", LONG_MS, AbortSignal.abort());
    const hangingUp = new AbortController();
    const waiting = wait("hung up", "bot", LONG_MS, hangingUp.signal);
    hangingUp.abort();
    await waiting;
    expect(woken).toEqual(["time", "fired", "hung up"]);
  });

  test("is over for all when the bell closes, and short from then on", async () => {
    const { bell, woken, wait } = waiters();
    const waits = [wait("one"), wait("two", "another")];
    bell.close();
    await Promise.all(waits);
    await wait("late");
    expect([bell.isClosed, woken]).toEqual([true, ["one", "two", "late"]]);
  });

  test("that ended takes no ring from others", async () => {
    const { bell, woken, wait } = waiters();
    await wait("gone", "bot", 1);
    const waiting = wait("there");
    bell.ring("bot");
    await waiting;
    expect(woken).toEqual(["gone", "there"]);
  });
});
