import { expect, test } from "vitest";
import { ANNA, startUnderTest, TOKEN, updates } from "./under-test.js";

test("429 for the next calls of one method, then as if nothing had been", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  await at.breaks({ kind: "rate_limit", method: "sendMessage", times: 2, retry_after: 9 });
  const send = () => at.call("sendMessage", { chat_id: ANNA, text: "x" });
  const refused = {
    status: 429,
    error_code: 429,
    description: "Too Many Requests: retry after 9",
    parameters: { retry_after: 9 },
  };
  expect(await send()).toMatchObject(refused);
  expect(await at.call("getMe")).toMatchObject({ status: 200 });
  expect(await send()).toMatchObject(refused);
  expect(await send()).toMatchObject({ status: 200 });
  expect((await at.chat(ANNA)).messages.length).toBe(2);
});

test("502 is HTML and nothing was processed", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  await at.breaks({ kind: "bad_gateway", times: 1 });
  const response = await at.ask("POST", `/bot${TOKEN}/sendMessage`, { chat_id: ANNA, text: "x" });
  expect([response.status, response.headers.get("content-type")]).toEqual([502, "text/html"]);
  expect(await response.text()).toContain("<h1>502 Bad Gateway</h1>");
  expect((await at.chat(ANNA)).messages.length).toBe(1);
});

test("a cut call was processed, but its caller never hears", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  await at.breaks({ kind: "cut", method: "sendMessage", times: 1 });
  await expect(at.call("sendMessage", { chat_id: ANNA, text: "arrived" })).rejects.toThrow("fetch failed");
  expect((await at.chat(ANNA)).messages.at(-1)?.text).toBe("arrived");
  expect((await at.calls()).at(-1)).toMatchObject({ method: "sendMessage", status: 0 });
});

test("a delay holds a call back", async () => {
  const at = await startUnderTest();
  await at.breaks({ kind: "delay", method: "getMe", delay_ms: 120, times: 1 });
  const startedAt = performance.now();
  await at.call("getMe");
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(115);
});

test("blocked hits what is sent, and polling goes on", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  const fault = await at.breaks({ kind: "blocked" });
  expect(await at.call("sendMessage", { chat_id: ANNA, text: "x" })).toMatchObject({ status: 403 });
  expect((await updates(at)).length).toBe(1);
  await at.ask("DELETE", `/playground/faults/${fault.id}`);
  expect(await at.call("sendMessage", { chat_id: ANNA, text: "x" })).toMatchObject({ status: 200 });
});

test("`*` spares getUpdates, which can be named", async () => {
  const at = await startUnderTest();
  await at.breaks({ kind: "rate_limit" });
  expect(await at.call("getUpdates")).toMatchObject({ status: 200 });
  await at.breaks({ kind: "rate_limit", method: "getUpdates" });
  expect(await at.call("getUpdates")).toMatchObject({ status: 429 });
});

test("flood limits, on request, stop a bot that sends too fast", async () => {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  const sendMany = () => Promise.all(Array.from({ length: 12 }, () => at.call("sendMessage", { chat_id: ANNA, text: "x" })));
  expect((await sendMany()).filter(({ status }) => status === 429)).toEqual([]);
  await at.breaks({ kind: "flood" });
  const refused = (await sendMany()).filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.parameters?.retry_after).toBe(1);
});

test.each([
  [{ kind: "nothing" }, "kind is one of"],
  [{ kind: "delay", delay_ms: -1 }, "delay_ms is a whole number"],
  [{ kind: "cut", method: "../x" }, "method is a Bot API method"],
  [{ kind: "cut", times: 0 }, "times is a whole number"],
])("refuses the fault %j", async (fault, why) => {
  const at = await startUnderTest();
  const response = await at.ask("POST", "/playground/faults", fault);
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(why)]);
});
