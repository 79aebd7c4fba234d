import { createWriteStream } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** What a plain program would do: an answer into a file, so many at a time. */
export interface CopyTask {
  urls: string[];
  folder: string;
  atOnce: number;
}

async function copy(url: string, path: string): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => get(url, resolve).on("error", reject));
  if (answer.statusCode === 302) {
    answer.resume();
    return copy(new URL(answer.headers.location ?? "", url).href, path);
  }
  await pipeline(answer, createWriteStream(path));
}

process.on("message", ({ urls, folder, atOnce }: CopyTask) => {
  const queue = [...urls.entries()];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await copy(next[1], join(folder, `${next[0]}.mp3`));
  };
  const startedAt = performance.now();
  const before = process.cpuUsage();
  void Promise.all(Array.from({ length: atOnce }, lane)).then(() => {
    const { user, system } = process.cpuUsage(before);
    process.send?.({ seconds: (performance.now() - startedAt) / 1000, cpuMs: (user + system) / 1000 });
  });
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
