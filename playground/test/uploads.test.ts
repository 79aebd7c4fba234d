import { expect, test } from "vitest";
import type { Message } from "../src/shapes/bot-api.js";
import { ANNA, startUnderTest, TOKEN, type Answer, type UnderTest } from "./under-test.js";

/** Enough of an MP3 for a server that looks at the first bytes. */
const MP3 = Buffer.concat([Buffer.from("ID3"), Buffer.alloc(5000, 7)]);

/** A JPEG of this size as far as its frame header goes. */
function jpeg(width: number, height: number, padding = 0): Buffer {
  const frame = Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255]);
  return Buffer.concat([frame, Buffer.alloc(20 + padding)]);
}

interface Parts {
  query?: Record<string, string>;
  fields?: Record<string, string>;
  files?: Record<string, { data: Buffer; name: string }>;
}

/** As gramio does on Node: parameters in the query, files in the body. */
async function upload(at: UnderTest, { query = {}, fields = {}, files = {} }: Parts): Promise<Answer<Message>> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, { data, name: fileName }] of Object.entries(files))
    form.set(name, new File([new Uint8Array(data)], fileName));
  const url = `${at.url}/bot${TOKEN}/sendAudio?${new URLSearchParams(query).toString()}`;
  const response = await fetch(url, { method: "POST", body: form });
  return { ...((await response.json()) as object), status: response.status } as Answer<Message>;
}

async function withChat(): Promise<UnderTest> {
  const at = await startUnderTest();
  await at.types(ANNA, "/start");
  return at;
}

test("merges the query with the multipart body", async () => {
  const at = await withChat();
  const answer = await upload(at, {
    query: {
      chat_id: String(ANNA),
      title: "Believer",
      performer: "Драконы",
      duration: "204",
      reply_markup: '{"inline_keyboard":[[{"text":"♥","callback_data":"l"}]]}',
    },
    files: { audio: { data: MP3, name: "Драконы.mp3" }, thumbnail: { data: jpeg(320, 320), name: "cover.jpg" } },
  });
  expect(answer).toMatchObject({
    status: 200,
    result: {
      audio: {
        title: "Believer",
        performer: "Драконы",
        duration: 204,
        file_name: "Драконы.mp3",
        mime_type: "audio/mpeg",
        file_size: MP3.length,
        thumbnail: { width: 320, height: 320 },
      },
      reply_markup: { inline_keyboard: [[{ text: "♥" }]] },
    },
  });
});

test("takes attach:// names and fields in the body", async () => {
  const at = await withChat();
  const answer = await upload(at, {
    fields: { chat_id: String(ANNA), audio: "attach://file-0", caption: "here" },
    files: { "file-0": { data: MP3, name: "a.mp3" } },
  });
  expect(answer.result).toMatchObject({ caption: "here", audio: { file_name: "a.mp3" } });
  const lost = await upload(at, {
    fields: { chat_id: String(ANNA), audio: "attach://file-1" },
    files: { "file-0": { data: MP3, name: "a.mp3" } },
  });
  expect(lost).toMatchObject({ status: 400, description: "Bad Request: wrong file identifier/HTTP URL specified" });
});

test("a file id is good for its own bot only, and again after a restart", async () => {
  const at = await withChat();
  const sent = await upload(at, { query: { chat_id: String(ANNA), title: "T" }, files: { audio: { data: MP3, name: "a.mp3" } } });
  const id = sent.result.audio?.file_id;
  expect((await at.call<Message>("sendAudio", { chat_id: ANNA, audio: id })).result.audio).toEqual(sent.result.audio);
  const foreign = await at.call("getFile", { file_id: id }, "8:other");
  expect(foreign).toMatchObject({ status: 400 });
  await at.close();
  const later = await startUnderTest(at.folder);
  expect((await later.call<Message>("sendAudio", { chat_id: ANNA, audio: id })).result.audio).toEqual(sent.result.audio);
});

test("getFile leads to the bytes, for the bot and, with ranges, for the page", async () => {
  const at = await withChat();
  const sent = await upload(at, { query: { chat_id: String(ANNA) }, files: { audio: { data: MP3, name: "a.mp3" } } });
  const file = await at.call<{ file_path: string }>("getFile", { file_id: sent.result.audio?.file_id });
  const whole = await fetch(`${at.url}/file/bot${TOKEN}/${file.result.file_path}`);
  expect(Buffer.from(await whole.arrayBuffer()).equals(MP3)).toBe(true);
  expect((await fetch(`${at.url}/file/bot8:other/${file.result.file_path}`)).status).toBe(404);
  const part = await fetch(`${at.url}/playground/files/${sent.result.audio?.file_unique_id}`, {
    headers: { range: "bytes=1-2" },
  });
  expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, `bytes 1-2/${MP3.length}`, "D3"]);
});

test("audio above 50 MB is refused with 413, and exactly 50 MB is not", async () => {
  const at = await withChat();
  const limit = 50 * 1024 * 1024;
  const big = Buffer.alloc(limit + 1);
  big.write("ID3");
  const refused = await upload(at, { query: { chat_id: String(ANNA) }, files: { audio: { data: big, name: "a.mp3" } } });
  expect(refused).toMatchObject({ status: 413, description: "Request Entity Too Large" });
  const taken = await upload(at, {
    query: { chat_id: String(ANNA) },
    files: { audio: { data: big.subarray(0, limit), name: "a.mp3" } },
  });
  expect(taken.status).toBe(200);
});

test.each([
  ["too wide", jpeg(321, 10), "321×10 is more than 320 pixels a side"],
  ["too heavy", jpeg(320, 320, 200_000), "larger than 200000 bytes"],
  ["no JPEG", Buffer.from("GIF89a........"), "not a JPEG"],
])("a thumbnail that is %s is ignored, and the call log says why", async (_, data, why) => {
  const at = await withChat();
  const answer = await upload(at, {
    query: { chat_id: String(ANNA) },
    files: { audio: { data: MP3, name: "a.mp3" }, thumbnail: { data, name: "t.jpg" } },
  });
  expect(answer.result.audio).not.toHaveProperty("thumbnail");
  expect((await at.calls()).at(-1)).toMatchObject({ method: "sendAudio", note: `thumbnail ignored: ${why}` });
});

test("an empty file is refused, and what is no music comes as a document", async () => {
  const at = await withChat();
  const empty = await upload(at, {
    query: { chat_id: String(ANNA) },
    files: { audio: { data: Buffer.alloc(0), name: "a.mp3" } },
  });
  expect(empty).toMatchObject({ status: 400, description: "Bad Request: file must be non-empty" });
  const text = await upload(at, {
    query: { chat_id: String(ANNA) },
    files: { audio: { data: Buffer.from("plain text here"), name: "a.txt" } },
  });
  expect(text.result).toMatchObject({ document: { file_name: "a.txt" } });
  expect(text.result).not.toHaveProperty("audio");
});
