import { setTimeout as wait } from "node:timers/promises";
import { until } from "@refrain/mesh/testing";
import { exactly, figure, atMost, type Finding } from "../lab/finding.js";
import { Lab, type Chat } from "../lab/lab.js";
import type { ServiceProcess } from "../lab/service-process.js";
import { timeUntil } from "../lab/timing.js";

const RECOVERY_MS = 6_000;

export interface StorageDownOptions {
  /** Killed: nobody listens any more. Frozen: it takes calls and answers none. */
  readonly how: "killed" | "frozen";
}

/** Storage goes while a listener is there, and comes back. */
export function storageDown({ how }: StorageDownOptions): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music");
    const chat = await lab.chat({
      MUSIC_TARGET: `ipv4:${music.address("grpc")}`,
      MUSIC_FILES_URL: `http://${music.address("http")}`,
    });
    const { listener, storage } = chat;
    await found(chat, "believer");
    await listener.presses("Believer");
    await until(() => myMusicOpens(chat), 30_000); // it is kept
    await (how === "killed" ? storage.kill() : storage.freeze());

    const searchMs = await timeUntil(() => found(chat, "winter road"));
    const downloadMs = await timeUntil(async () => {
      await listener.presses("Winter Road");
      await listener.hears("Winter Road", 50_000);
      return true;
    });
    const told = await timeUntil(() => says(chat, /Winter Road[^]*could not keep it in your music/));
    await listener.say("/my");
    const myMusic = await timeUntil(() => says(chat, /cannot open your music right now/));

    const came = await audios(chat, "Winter Road");
    await (how === "killed" ? storage.start() : storage.thaw());
    const backMs = await timeUntil(() => myMusicOpens(chat));
    const crashed = [music, ...processesOf(chat)].filter(({ running }) => !running);
    return [
      figure(`search while storage is ${how}`, searchMs, "ms"),
      figure("download", downloadMs, "ms"),
      exactly("audios of that track", came, 1),
      atMost("told that it is not kept after", told, 10_000, "ms"),
      atMost("told that My music does not open after", myMusic, 10_000, "ms"),
      atMost("My music opens again after", backMs, RECOVERY_MS, "ms"),
      exactly("processes that ended", crashed.length, 0),
    ];
  });
}

async function found({ listener }: Chat, query: string): Promise<boolean> {
  await listener.say(`/play ${query}`);
  await listener.sees(new RegExp(`${query}[^]*Found 1 track`));
  return true;
}

async function says({ listener }: Chat, pattern: RegExp): Promise<boolean> {
  return (await listener.messages()).some(({ text = "", from }) => from?.is_bot && pattern.test(text));
}

async function audios({ listener }: Chat, title: string): Promise<number> {
  return (await listener.messages()).filter(({ audio }) => audio?.title === title).length;
}

/** Asks for My music, and looks whether the newest answer is the list. */
async function myMusicOpens({ listener }: Chat): Promise<boolean> {
  await listener.say("/my");
  await wait(250);
  const answers = (await listener.messages()).filter(({ from, audio }) => from?.is_bot && !audio);
  // One that storage was asked to keep while it was frozen may be there too.
  return /My music[^]*\d track/.test(answers.at(-1)?.text ?? "");
}

function processesOf({ bot, playground, storage }: Chat): ServiceProcess[] {
  return [bot, playground, storage];
}
