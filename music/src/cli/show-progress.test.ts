import { PassThrough } from "node:stream";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DownloadState, ProgressSchema } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { expect, test } from "vitest";
import { showProgress } from "./show-progress.js";

const progress = (init: MessageInitShape<typeof ProgressSchema>) => create(ProgressSchema, init);
const halfway = progress({
  state: DownloadState.FETCHING,
  downloadedBytes: 20_000_000n,
  totalBytes: 40_000_000n,
  bytesPerSecond: 2_500_000n,
  etaSeconds: 8,
});

/** A terminal that keeps what is written to it. */
function terminal() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}

test("a terminal shows one bar with megabytes, speed and time, and is left as it was", () => {
  const { stream, text } = terminal();
  const view = showProgress(stream);
  view.show(halfway);
  view.end();
  expect(text()).toContain("████████████░░░░░░░░░░░░ 50 %  fetching, 20.0 of 40.0 MB, 2.5 MB/s, 0:08 left");
  expect(text().lastIndexOf("\u001b[?25h")).toBeGreaterThan(text().lastIndexOf("\u001b[?25l"));
});

test("elsewhere there is a line a second, and one at every new phase", () => {
  let nowMs = 0;
  let text = "";
  const view = showProgress({ write: (line) => (text += line) }, () => nowMs);
  view.show(progress({ state: DownloadState.QUEUED, queuePosition: 3 }));
  for (; nowMs < 2_500; nowMs += 100) view.show(halfway);
  view.show(progress({ state: DownloadState.CONVERTING, downloadedBytes: 5_000_000n }));
  view.end();
  const line = "fetching, 20.0 of 40.0 MB, 2.5 MB/s, 0:08 left";
  expect(text.split("\n")).toEqual(["waiting (place 3)", line, line, line, "converting, 5.0 MB", ""]);
});
