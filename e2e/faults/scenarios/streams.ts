import { setTimeout as wait } from "node:timers/promises";
import { DownloadState } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { until } from "@refrain/mesh/testing";
import { exactly, figure, type Finding } from "../lab/finding.js";
import { falls, follow } from "../lab/follow.js";
import { Lab } from "../lab/lab.js";
import type { Behaviour } from "../lab/proxy-connection.js";

export interface StreamOptions {
  /** What happens to the connections of the caller, one after another; later ones are left alone. */
  readonly faults: readonly Behaviour[];
  /** Connections that hang are cut after so long, as a router does that was started again. Default: never. */
  readonly cutAfterMs?: number;
  /** The caller gives a stream up after so much silence. */
  readonly silenceMs: number;
  /** Speed of the fetch. The track has 372 kB. */
  readonly bytesPerSecond: number;
  /** Users who wait for the same track, all over one connection. Default: 1. */
  readonly users?: number;
}

/** Users of one client follow one download over connections that break. */
export function stream({ faults, cutAfterMs, silenceMs, bytesPerSecond, users = 1 }: StreamOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music", { LIBRARY_BYTES_PER_SECOND: String(bytesPerSecond) });
    const url = await urlOf(lab, music.address("grpc"));
    const proxy = await lab.proxy({ target: () => music.address("grpc") });
    proxy.next(...faults);
    if (cutAfterMs) {
      const cutting = setInterval(() => proxy.cut(), cutAfterMs);
      lab.defer(() => clearInterval(cutting));
    }
    const { client } = lab.music(`ipv4:${proxy.address}`);
    const startedAt = performance.now();
    const ids = Array.from({ length: users }, (_, index) => `user-${index}`);
    const followed = await Promise.all(ids.map((userId) => follow({ music: client, url, userId, silenceMs })));
    const messages = followed.flatMap((one) => one.messages);
    return [
      figure("messages", messages.length),
      figure("streams", sum(followed.map(({ streams }) => streams))),
      figure("connections", proxy.accepted),
      exactly("sequence numbers that fell", sum(followed.map((one) => falls(one.messages))), 0),
      exactly("tasks", new Set(messages.map(({ taskId }) => taskId)).size, 1),
      exactly("COMPLETED", messages.filter(({ state }) => state === DownloadState.COMPLETED).length, users),
      figure("longest silence", Math.max(...followed.map((one) => one.longestSilenceMs)) / 1_000, "s"),
      figure("took", (performance.now() - startedAt) / 1_000, "s"),
    ];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The library is indexed while music serves already. */
async function urlOf(lab: Lab, address: string): Promise<string> {
  const { client } = lab.music(`ipv4:${address}`);
  let url = "";
  await until(async () => {
    const { tracks } = await client.search({ query: "believer" });
    url = tracks[0]?.url ?? "";
    return url !== "";
  }, 30_000);
  return url;
}

export interface CardOptions {
  /** How often the connection to music is cut while the card is there. */
  readonly cuts: number;
  readonly bytesPerSecond: number;
}

/** A listener watches the card of a download whose stream, and then whose file, is cut. */
export function card({ cuts, bytesPerSecond }: CardOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music", { LIBRARY_BYTES_PER_SECOND: String(bytesPerSecond) });
    const grpc = await lab.proxy({ target: () => music.address("grpc") });
    const http = await lab.proxy({ target: () => music.address("http") });
    const { listener } = await lab.chat({ MUSIC_TARGET: `ipv4:${grpc.address}`, MUSIC_FILES_URL: `http://${http.address}` });
    await listener.say("/play believer");
    await listener.presses("Believer");
    http.next({ kind: "cut", afterBytes: 100_000 });
    const shown: number[] = [];
    let done = 0;
    await until(async () => {
      const messages = await listener.messages();
      const percent = percentOf(messages.map(({ text }) => text ?? ""));
      if (percent !== undefined && percent !== shown.at(-1)) shown.push(percent);
      if (shown.length > done && done < cuts) {
        grpc.cut();
        done += 1;
      }
      return messages.some(({ audio }) => audio);
    }, 120_000);
    await until(async () => percentOf((await listener.messages()).map(({ text }) => text ?? "")) === undefined);
    // A second audio would come from an upload that was repeated: the fetch of the file is over by then.
    await wait(1_000);
    const audios = (await listener.messages()).filter(({ audio }) => audio).length;
    return [
      figure(`card: ${shown.join(" → ")} %, states`, shown.length),
      exactly("times the stream was cut", done, cuts),
      exactly("times the card fell", shown.filter((percent, index) => percent < (shown[index - 1] ?? 0)).length, 0),
      exactly("audios", audios, 1),
      figure("connections for the file", http.accepted),
    ];
  });
}

function percentOf(texts: readonly string[]): number | undefined {
  const found = texts.map((text) => /(\d+)\s?%/.exec(text)?.[1]).find(Boolean);
  return found === undefined ? undefined : Number(found);
}
