import { silentLogger } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { ManualClock, settled } from "../../test/manual-clock.js";
import { createCard } from "./card.js";

type Api = Parameters<typeof createCard>[0]["api"];

function cardWith(fail: (method: string) => boolean = () => false) {
  const clock = new ManualClock();
  const shown: string[] = [];
  const record = async (method: string, text: string) => {
    if (fail(method)) throw new Error("refused");
    shown.push(`${clock.now()} ${method} ${text}`);
    return { message_id: 1 };
  };
  const api = {
    sendMessage: ({ text }: { text: string }) => record("send", text),
    editMessageText: ({ text }: { text: string }) => record("edit", text),
    deleteMessage: () => record("delete", ""),
  } as unknown as Api; // gramio's types describe whole messages, of which the card needs the id
  return { clock, shown, card: createCard({ api, chatId: 7, clock, logger: silentLogger() }) };
}

test("the first state shows after a moment, later ones at most every 3 s, and those in between are skipped", async () => {
  const { clock, shown, card } = cardWith();
  for (let second = 0; second < 10; second++) {
    card.show({ text: `${second}` });
    await clock.advance(1_000);
  }
  expect(shown).toEqual(["400 send 0", "3400 edit 3", "6400 edit 6", "9400 edit 9"]);
});

test("a state after a long silence shows at once", async () => {
  const { clock, shown, card } = cardWith();
  card.show({ text: "one" });
  await clock.advance(10_000);
  card.show({ text: "two" });
  await settled();
  expect(shown).toEqual(["400 send one", "10000 edit two"]);
});

test("the last state always shows, at once, and nothing after it", async () => {
  const { clock, shown, card } = cardWith();
  card.show({ text: "one" });
  await clock.advance(500);
  card.show({ text: "two" });
  await clock.advance(500);
  await card.finish({ text: "end" });
  card.show({ text: "late" });
  await clock.advance(10_000);
  expect(shown).toEqual(["400 send one", "1000 edit end"]);
});

test("an end without a card yet is a message of its own", async () => {
  const { shown, card } = cardWith();
  await card.finish({ text: "end" });
  expect(shown).toEqual(["0 send end"]);
});

test("a card that the listener deleted is followed by a new message at the end", async () => {
  const { clock, shown, card } = cardWith((method) => method === "edit");
  card.show({ text: "one" });
  await clock.advance(500);
  await card.finish({ text: "end" });
  expect(shown).toEqual(["400 send one", "500 send end"]);
});

test("a card can be removed, and one that never showed needs no removal", async () => {
  const { clock, shown, card } = cardWith();
  card.show({ text: "one" });
  await clock.advance(500);
  await card.remove();
  expect(shown).toEqual(["400 send one", "500 delete "]);

  const quick = cardWith();
  quick.card.show({ text: "one" });
  await quick.clock.advance(100);
  await quick.card.remove();
  await quick.clock.advance(10_000);
  expect(quick.shown).toEqual([]);
});
