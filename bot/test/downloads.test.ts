import { Code } from "@connectrpc/connect";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { serviceError } from "@refrain/mesh";
import { until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { audioFile, down, track } from "./fake-services.js";
import { refuse } from "./fake-telegram.js";
import { botMessage, buttons, shown, world } from "./harness.js";

const TAP = `t:${track(1).key}`;
const CANCEL = `x:${track(1).key}`;

/** A world in which track 1 has been found. */
async function withTrack(options?: Parameters<typeof world>[0]) {
  const made = await world(options);
  made.storage.known.set(track(1).key, track(1));
  return made;
}

/** A download that says where it is and then waits until it is let go. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  async function* download(_url: string, signal: AbortSignal) {
    yield { taskId: "task", sequence: 1n, state: DownloadState.FETCHING, downloadedBytes: 2n, totalBytes: 5n };
    await Promise.race([
      opened,
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    ]);
    yield { taskId: "task", sequence: 2n, state: DownloadState.COMPLETED, file: audioFile(1) };
  }
  return { download, open };
}

test("a tapped track arrives with title, performer, length and cover, and its card disappears", async () => {
  const { telegram, music, storage, tap, seen } = await withTrack();
  const { download, open } = gate();
  music.download = download;
  tap(TAP);
  const card = await seen("sendMessage", "Song 1");
  expect(card.params.text).toMatch(/^⬇ Song 1 — Band/);
  open();
  const { params } = await seen("sendAudio", "Song 1");
  expect(params).toMatchObject({ chat_id: "7", title: "Song 1", performer: "Band", duration: "204" });
  expect(params.audio).toBeInstanceOf(File);
  const files = Object.values(params).filter((value) => value instanceof File);
  expect(await Promise.all(files.map((file) => file.text()))).toEqual(["music", "music"]);
  await until(() => telegram.of("deleteMessage").length === 1);
  expect(storage.saved.map(({ userId, saved }) => [userId, saved.track?.title])).toEqual([["7", "Song 1"]]);
});

test("a track that Telegram has comes at once: no download, no upload, no card", async () => {
  const { telegram, music, storage, tap, seen } = await withTrack();
  storage.fileIds.set("library://1", "known-file");
  tap(TAP);
  expect((await seen("sendAudio", "known-file")).params.audio).toBe("known-file");
  await until(() => storage.saved.length === 1);
  expect(music.downloads).toEqual([]);
  expect(telegram.of("sendMessage")).toEqual([]);
});

test("the second listener gets what was uploaded for the first", async () => {
  const { telegram, music, storage, tap } = await withTrack();
  tap(TAP);
  await until(() => storage.saved.length === 1);
  tap(TAP, { ...botMessage(2), chat: { id: 8, type: "private" } });
  await until(() => telegram.of("sendAudio").length === 2);
  expect(telegram.of("sendAudio")[1]?.params.audio).toMatch(/^file-/);
  expect(music.downloads).toHaveLength(1);
});

test("a file id that Telegram refuses is forgotten, and the track uploaded", async () => {
  const { telegram, storage, tap } = await withTrack();
  storage.fileIds.set("library://1", "stale-file");
  telegram.faults.set("sendAudio", [refuse(400, "Bad Request: wrong file identifier/HTTP URL specified")]);
  tap(TAP);
  await until(() => storage.saved.length === 1);
  expect(telegram.of("sendAudio")[1]?.params.audio).toBeInstanceOf(File);
  expect(storage.fileIds.get("library://1")).toMatch(/^file-/);
});

test("tapping twice is one download", async () => {
  const { telegram, music, tap } = await withTrack();
  const { download, open } = gate();
  music.download = download;
  tap(TAP);
  tap(TAP);
  await until(() => telegram.of("answerCallbackQuery").length === 2);
  await until(() => telegram.of("sendMessage").length === 1);
  open();
  await until(() => telegram.of("deleteMessage").length === 1);
  expect(music.downloads).toHaveLength(1);
  expect(telegram.of("sendAudio")).toHaveLength(1);
});

test("✖ works while a download runs, tells music, and leaves one sentence with a way back", async () => {
  const { telegram, music, tap, seen } = await withTrack();
  music.download = gate().download;
  tap(TAP);
  await seen("sendMessage", "Song 1");
  await until(() => music.downloads.length === 1);
  tap(CANCEL, botMessage(100));
  const cancelled = await seen("editMessageText", "Cancelled: Song 1");
  expect(buttons(cancelled)).toMatchObject([{ callback_data: `r:${track(1).key}` }]);
  await until(() => music.cancelled.length === 1);
  expect(telegram.of("sendAudio")).toEqual([]);

  music.download = (url) => music.complete(url);
  tap(`r:${track(1).key}`, shown(cancelled));
  await until(() => telegram.of("sendAudio").length === 1);
  await until(() => telegram.of("deleteMessage").length === 1);
  expect(telegram.of("deleteMessage")[0]?.params.message_id).toBe(cancelled.params.message_id);
});

test("a download that is cancelled goes on for the same listener in another chat", async () => {
  const { telegram, music, tap, seen } = await withTrack();
  music.download = gate().download;
  tap(TAP);
  tap(TAP, { ...botMessage(2), chat: { id: -8, type: "group" } });
  await until(() => music.downloads.length === 2);
  await until(() => telegram.of("sendMessage").length === 2);
  tap(CANCEL);
  await seen("editMessageText", "Cancelled");
  expect(music.cancelled).toEqual([]);
});

test("/cancel ends what runs in the chat and says how many", async () => {
  const { music, storage, say, tap, seen, said } = await withTrack();
  storage.known.set(track(2).key, track(2));
  music.download = gate().download;
  tap(TAP);
  tap(`t:${track(2).key}`);
  await until(() => music.downloads.length === 2);
  say("/cancel");
  await seen("sendMessage", "Stopped 2 downloads");
  await said("Cancelled: Song 1");
  await said("Cancelled: Song 2");
  say("/cancel");
  await seen("sendMessage", "Nothing is being downloaded");
});

test("a download that waits holds back nobody", async () => {
  const { telegram, music, say, tap, seen } = await withTrack();
  music.download = gate().download;
  tap(TAP);
  await until(() => music.downloads.length === 1);
  say("/help");
  await seen("sendMessage", "Send a title");
  expect(telegram.of("sendAudio")).toEqual([]);
});

test("✖ on a card from before a restart says that nothing runs, and offers to start", async () => {
  const { tap, seen } = await withTrack();
  tap(CANCEL, botMessage(44));
  const call = await seen("editMessageText", "no longer running");
  expect(call.params.message_id).toBe(44);
  expect(buttons(call)).toMatchObject([{ callback_data: `r:${track(1).key}` }]);
});

test("a stream that ends early is asked again", async () => {
  const { telegram, music, tap } = await withTrack();
  let streams = 0;
  music.download = async function* (url) {
    streams += 1;
    yield { taskId: "task", sequence: 1n, state: DownloadState.FETCHING, downloadedBytes: 1n, totalBytes: 5n };
    if (streams === 1) throw down();
    if (streams > 2) yield* music.complete(url);
  };
  tap(TAP);
  await until(() => telegram.of("sendAudio").length === 1);
  expect(streams).toBe(3);
});

test("what music refuses becomes one plain sentence with a button to try again", async () => {
  const { music, tap, said } = await withTrack();
  music.download = async function* () {
    yield { taskId: "task", state: DownloadState.RESOLVING };
    throw serviceError(Code.FailedPrecondition, "TOO_LONG", "no", { metadata: { limit_seconds: "1200" } });
  };
  tap(TAP);
  const failed = await said("longer than 20 minutes");
  expect(buttons(failed)).toMatchObject([{ callback_data: `r:${track(1).key}` }]);
});

test("while storage is down a track from the results still comes, and the listener is told that it is not kept", async () => {
  const { telegram, music, storage, say, tap, seen, said } = await world();
  storage.isDown = true;
  music.tracks = [track(1)];
  say("song");
  await seen("editMessageText", "Found 1 track");
  tap(TAP);
  await until(() => telegram.of("sendAudio").length === 1);
  await said("could not keep it in your music");
});

test("a button whose track nobody knows any more says so", async () => {
  const { tap, seen } = await world();
  tap(TAP);
  await seen("sendMessage", "out of date");
});

test("uploads beyond the bound wait their turn", async () => {
  const { telegram, storage, tap } = await withTrack({ uploadSlots: 1 });
  storage.known.set(track(2).key, track(2));
  telegram.faults.set("sendAudio", ["hang"]);
  tap(TAP);
  await until(() => telegram.of("sendAudio").length === 1);
  tap(`t:${track(2).key}`);
  await until(() => telegram.of("sendMessage").length === 2);
  tap(CANCEL);
  await until(() => telegram.of("sendAudio").length === 2);
  expect(telegram.of("sendAudio")[1]?.params["title"]).toBe("Song 2");
});

test("a flood limit delays an upload and loses nothing", async () => {
  const { telegram, tap } = await withTrack();
  telegram.faults.set("sendAudio", [refuse(429, "Too Many Requests: retry after 1", { retry_after: 1 })]);
  tap(TAP);
  await until(() => telegram.of("deleteMessage").length === 1);
  const [first, second] = telegram.of("sendAudio");
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950);
  expect(second?.params.audio).toBeInstanceOf(File);
});

test("more downloads than a chat can follow are refused in words", async () => {
  const { music, storage, tap, seen } = await world();
  music.download = gate().download;
  for (let n = 0; n <= 10; n++) {
    storage.known.set(track(n).key, track(n));
    tap(`t:${track(n).key}`);
  }
  await seen("sendMessage", "Too many downloads at once");
});
