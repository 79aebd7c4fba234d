import { Code, ConnectError } from "@connectrpc/connect";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { reasonOf, serviceError } from "@refrain/mesh";
import { expect, test } from "vitest";
import { audioFile, down, FakeMusic } from "../../test/fake-services.js";
import { ManualClock, settled } from "../../test/manual-clock.js";
import { followDownload } from "./follow-download.js";

const done = { taskId: "t", state: DownloadState.COMPLETED, file: audioFile(1) };
const fetching = { taskId: "t", state: DownloadState.FETCHING };

function follow(streams: FakeMusic["download"][]) {
  const music = new FakeMusic();
  const clock = new ManualClock();
  const abort = new AbortController();
  let count = 0;
  music.download = (url, signal) => (streams[count++] ?? streams.at(-1))?.(url, signal) ?? music.complete(url);
  const options = { music: music.client(), clock, url: "library://1", userId: "7", onProgress: () => {} };
  const result = followDownload(options, abort.signal);
  const outcome = result.then(
    (file) => file.fileName,
    (error: unknown) => error,
  );
  return { clock, abort, outcome, streams: () => count };
}

/** A stream that gives what it has and then ends, breaks or hangs. */
function stream(parts: object[], end: "end" | "hang" | Error): FakeMusic["download"] {
  return async function* (_url, signal) {
    yield* parts;
    if (end === "hang") await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    if (end instanceof Error) throw end;
  };
}

async function passing(clock: ManualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await clock.advance(1_000);
}

test("streams that break or end early are opened again until the file is there", async () => {
  const { clock, outcome, streams } = follow([stream([fetching], down()), stream([fetching], "end"), stream([done], "end")]);
  await passing(clock, 3);
  expect(await outcome).toBe("Band - Song 1.mp3");
  expect(streams()).toBe(3);
});

test("45 s without a sign of life count as a break; heartbeats keep it open", async () => {
  const { clock, abort, outcome, streams } = follow([stream([fetching], "hang")]);
  await settled();
  await passing(clock, 44);
  expect(streams()).toBe(1);
  await passing(clock, 4);
  expect(streams()).toBe(2);
  abort.abort(new Error("over"));
  await outcome;
});

test("music that was never heard is not asked again: the client has tried by itself", async () => {
  const { outcome, streams } = follow([stream([], down())]);
  expect(ConnectError.from(await outcome).code).toBe(Code.Unavailable);
  expect(streams()).toBe(1);
});

test("music that was heard is waited for, about 25 s, and then given up with its error", async () => {
  const { clock, outcome, streams } = follow([stream([fetching], down()), stream([], down())]);
  await passing(clock, 60);
  expect(ConnectError.from(await outcome).code).toBe(Code.Unavailable);
  expect(streams()).toBe(9);
});

test.each(["SOURCE_UNAVAILABLE", "DOWNLOAD_CANCELLED"])("%s is an answer: it is not asked again", async (reason) => {
  const { outcome, streams } = follow([stream([fetching], serviceError(Code.Unavailable, reason, "no"))]);
  expect(ConnectError.from(await outcome).code).toBe(Code.Unavailable);
  expect(streams()).toBe(1);
});

test("a source that music leaves alone is not asked again", async () => {
  const open = serviceError(Code.Unavailable, "CIRCUIT_OPEN", "no", { metadata: { source: "yt", retry_after_seconds: "40" } });
  const { outcome, streams } = follow([stream([fetching], open)]);
  expect(reasonOf(await outcome)).toBe("CIRCUIT_OPEN");
  expect(streams()).toBe(1);
});

test("an open circuit ends a download that has not begun, and holds up one that has until it is tried again", async () => {
  const open = serviceError(Code.Unavailable, "CIRCUIT_OPEN", "no", { retryAfterMs: 5_000 });
  expect(reasonOf(await follow([stream([], open)]).outcome)).toBe("CIRCUIT_OPEN");
  const { clock, outcome, streams } = follow([stream([fetching], down()), stream([], open), stream([done], "end")]);
  await passing(clock, 5);
  expect(streams()).toBe(2);
  await passing(clock, 2);
  expect(await outcome).toBe("Band - Song 1.mp3");
});

test("the file is there at once, although its stream does not end", async () => {
  const { clock, outcome } = follow([stream([done], "hang")]);
  await passing(clock, 2);
  expect(await outcome).toBe("Band - Song 1.mp3");
});

test("an abort ends it at once", async () => {
  const { abort, outcome, streams } = follow([stream([fetching], "hang")]);
  await settled();
  const reason = new Error("cancelled");
  abort.abort(reason);
  expect(await outcome).toBe(reason);
  expect(streams()).toBe(1);
});
