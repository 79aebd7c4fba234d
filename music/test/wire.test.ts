import { Code, ConnectError } from "@connectrpc/connect";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { errorMetadata, reasonOf } from "@refrain/mesh";
import { until } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { startUp } from "./start-up.js";

test("a hundred callers over the wire: one fetch, a hundred whole streams, though some hang up", async () => {
  const { client, download, http } = await startUp({ LIBRARY_BYTES_PER_SECOND: "60000" });
  const callers = Array.from({ length: 100 }, (_, at) => download(`user ${at}`));
  const leavers = Array.from({ length: 5 }, (_, at) => download(`leaver ${at}`));
  await until(() => [...callers, ...leavers].every(({ messages }) => messages.length > 0));
  expect((await client.listDownloads({})).totalCount).toBe(1);
  for (const { hangUp } of leavers) hangUp();
  for (const { messages, ended } of callers) {
    expect(await ended).toBeUndefined();
    const numbers = messages.map(({ sequence }) => sequence);
    expect(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0n))).toBe(true);
    expect(messages.filter(({ state }) => state === DownloadState.COMPLETED)).toHaveLength(1);
    expect(messages.at(-1)?.state).toBe(DownloadState.COMPLETED);
    expect(new Set(messages.map(({ taskId }) => taskId)).size).toBe(1);
    expect(messages.some(({ state, downloadedBytes }) => state === DownloadState.FETCHING && downloadedBytes > 0n)).toBe(true);
  }
  expect(new Set(callers.map(({ messages }) => messages[0]?.taskId)).size).toBe(1);
  const file = callers[0]?.messages.at(-1)?.file;
  const response = await http(file?.fileUrl ?? "");
  expect(response.status).toBe(200);
  expect(BigInt((await response.arrayBuffer()).byteLength)).toBe(file?.sizeBytes);
  const again = download("late");
  await again.ended;
  expect(again.messages.map(({ state }) => state)).toEqual([DownloadState.COMPLETED]);
});

test("the last user's cancel ends the fetch and its stream", async () => {
  const { client, download } = await startUp({ LIBRARY_BYTES_PER_SECOND: "20000" });
  const { messages, ended } = download("ann");
  await until(() => messages.length > 0);
  const taskId = messages[0]?.taskId ?? "";
  await client.cancelDownload({ taskId, userId: "ann" });
  const error = await ended;
  expect([ConnectError.from(error).code, reasonOf(error)]).toEqual([Code.Canceled, "DOWNLOAD_CANCELLED"]);
  await until(async () => (await client.listDownloads({})).totalCount === 0);
  await expect(client.getDownload({ taskId })).rejects.toSatisfy((reason) => reasonOf(reason) === "DOWNLOAD_CANCELLED");
});

test("files are behind the key", async () => {
  const { http } = await startUp();
  const response = await http(`/files/${"0".repeat(32)}.mp3`, { authorization: "" });
  expect(response.status).toBe(401);
});

test("health tells of sources, files and the missing Redis, and of no path", async () => {
  const { http } = await startUp();
  const response = await http("/health", { authorization: "" });
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    status: "healthy",
    service: "music",
    redis_connected: false,
    dependencies: { library: { ok: true, detail: "1 track" }, files: { ok: true } },
  });
  expect(text).not.toMatch(/\/tmp|library\//);
});

test("errors carry the codes and reasons of the contract", async () => {
  const { client, download, track } = await startUp({ MUSIC_MAX_SECONDS: "4" });
  const reason = (error: unknown) => [ConnectError.from(error).code, reasonOf(error)];
  const failing = (call: Promise<unknown>) => call.then(() => [], reason);
  expect(await failing(client.search({ query: "x", sources: ["ytdlp"] }))).toEqual([Code.InvalidArgument, "UNKNOWN_SOURCE"]);
  expect(await failing(client.getDownload({ taskId: "x" }))).toEqual([Code.NotFound, "TASK_NOT_FOUND"]);
  expect(await failing(client.cancelDownload({ taskId: "x", userId: "y" }))).toEqual([Code.NotFound, "TASK_NOT_FOUND"]);
  expect(await failing(client.listDownloads({ pageToken: "MQ" }))).toEqual([Code.InvalidArgument, "PAGE_TOKEN_INVALID"]);
  expect(reason(await download("ann", "https://127.0.0.1/x.mp3").ended)).toEqual([Code.InvalidArgument, "UNSUPPORTED_URL"]);
  expect(reason(await download("ann", `library://${"0".repeat(64)}`).ended)).toEqual([Code.NotFound, "TRACK_NOT_FOUND"]);
  const long = await download("ann", track?.url).ended;
  expect(reason(long)).toEqual([Code.FailedPrecondition, "TOO_LONG"]);
  expect(errorMetadata(long)).toEqual({ limit_seconds: "4" });
});

test("no request makes any RPC answer INTERNAL", async () => {
  const { client, download, track } = await startUp();
  const anyText = fc.string({ unit: "grapheme", maxLength: 120 });
  const texts = fc.oneof(anyText, fc.constantFrom("", " ", "believer", track?.url ?? "", "library://", "../..", "\0"));
  const numbers = fc.oneof(fc.nat(60), fc.nat(0xffffffff));
  const calls = [
    (text: string, number: number) => client.search({ query: text, limit: number }),
    (text: string, number: number) => client.search({ query: "x", sources: [text, String(number)] }),
    (text: string, number: number) => client.searchByArtist({ artist: text, limit: number }),
    (text: string) => client.getDownload({ taskId: text }),
    (text: string, number: number) => client.cancelDownload({ taskId: text, userId: String(number) }),
    (text: string, number: number) => client.listDownloads({ pageToken: text, pageSize: number }),
    async (text: string, number: number) => {
      const failure = await download(String(number), text, number % 5).ended;
      if (failure !== undefined) throw ConnectError.from(failure);
    },
  ];
  const expected = [Code.InvalidArgument, Code.NotFound, Code.FailedPrecondition];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...calls), texts, numbers, async (call, text, number) => {
      const failure: unknown = await call(text, number).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(expected).toContain(ConnectError.from(failure).code);
    }),
    { numRuns: 300 },
  );
});
