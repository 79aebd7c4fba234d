import * as fc from "fast-check";
import { expect, test } from "vitest";
import { newBot } from "./bot-account.js";
import { createUpdateQueue } from "./update-queue.js";

const NEVER = new AbortController().signal;
const payload = {} as never; // the queue does not look inside

type Step = { kind: "push" } | { kind: "poll"; limit: number } | { kind: "confirm" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: "push" }),
  fc.record({ kind: fc.constant("poll" as const), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.constant<Step>({ kind: "confirm" }),
);

test("a bot that confirms what it saw sees every update once, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
      const bot = newBot("1:x", 1);
      const first = bot.nextUpdateId;
      const queue = createUpdateQueue(
        bot,
        () => false,
        () => undefined,
      );
      const seen: number[] = [];
      let offset = 0;
      const poll = async (limit: number): Promise<number> => {
        const updates = await queue.poll({ offset, limit, timeoutMs: 0 }, NEVER);
        seen.push(...updates.map((update) => update.update_id));
        offset = (updates.at(-1)?.update_id ?? offset - 1) + 1;
        return updates.length;
      };
      let pushed = 0;
      for (const step of steps) {
        if (step.kind === "push") {
          queue.push("message", payload);
          pushed++;
        } else await poll(step.kind === "poll" ? step.limit : 100);
      }
      while ((await poll(100)) > 0);
      expect(seen).toEqual(Array.from({ length: pushed }, (_, index) => first + index));
    }),
  );
});

test("at most a thousand updates wait, the oldest go", async () => {
  const bot = newBot("1:x", 1);
  const queue = createUpdateQueue(
    bot,
    () => false,
    () => undefined,
  );
  const first = bot.nextUpdateId;
  for (let n = 0; n < 1005; n++) queue.push("message", payload);
  const [oldest] = await queue.poll({ offset: 0, limit: 1, timeoutMs: 0 }, NEVER);
  expect([bot.pending.length, oldest?.update_id]).toEqual([1000, first + 5]);
});

test("a wait ends with its time and with its caller", async () => {
  const queue = createUpdateQueue(
    newBot("1:x", 1),
    () => false,
    () => undefined,
  );
  expect(await queue.poll({ offset: 0, limit: 1, timeoutMs: 5 }, NEVER)).toEqual([]);
  const controller = new AbortController();
  const waiting = queue.poll({ offset: 0, limit: 1, timeoutMs: 60_000 }, controller.signal);
  controller.abort();
  expect(await waiting).toEqual([]);
});
