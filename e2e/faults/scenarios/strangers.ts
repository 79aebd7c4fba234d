import { join } from "node:path";
import { createTestAuthority, writeCertificates } from "@refrain/mesh/testing-certificates";
import type { Tls } from "@refrain/mesh";
import { callInTurn } from "../lab/callers.js";
import { attemptsOf } from "../lab/counters.js";
import { atMost, exactly, type Finding } from "../lab/finding.js";
import { Lab } from "../lab/lab.js";
import type { Settings } from "../lab/service-process.js";
import { timeUntil } from "../lab/timing.js";

const SENTENCE = /Search is not answering now\. Please try again/;
/** A refusal is an answer: the listener reads it at once, not when some deadline has passed. */
const AT_ONCE_MS = 5_000;

/** A bot whose key music does not know. */
export function wrongKey({ texts }: { readonly texts: number }): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const music = await lab.start("music");
    const settings = { MUSIC_TARGET: `ipv4:${music.address("grpc")}`, MUSIC_API_KEYS: "faults:another-key-0123456789" };
    const { answered, attempts, slowestMs } = await type(lab, texts, settings);
    return [
      exactly("plain sentences", answered, texts),
      atMost("slowest", slowestMs, AT_ONCE_MS, "ms"),
      exactly("attempts", attempts, texts),
    ];
  });
}

/** Music wants certificates of one authority: callers with a right one, a wrong one, one that has ended, and none. */
export function certificates(): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const [ours, theirs] = await Promise.all([createTestAuthority("ours"), createTestAuthority("theirs")]);
    const { ca } = ours;
    const music = await lab.start("music", await writeCertificates(join(lab.folder, "music"), await ours.issue()));
    const callers: Readonly<Record<string, Tls | undefined>> = {
      "the right certificate": await ours.issue(),
      "a certificate of another authority": { ...(await theirs.issue()), ca },
      "a certificate that has ended": await ours.issue({ expired: true }),
      "no certificate": { ca },
      "another authority to believe": { ...(await ours.issue()), ca: theirs.ca },
      "no TLS": undefined,
    };
    const findings: Finding[] = [];
    for (const [name, tls] of Object.entries(callers)) {
      const { client } = lab.music(`ipv4:${music.address("grpc")}`, { defaultTimeoutMs: 5_000, tls });
      const { calls, failed } = await callInTurn(3, () => client.search({ query: "believer" }));
      findings.push(exactly(`${name}: calls let in`, calls - failed, name === "the right certificate" ? calls : 0));
    }
    return findings;
  });
}

/** Music and a bot speak TLS, with certificates of one authority and of two. */
export function certifiedBots(): Promise<Finding[]> {
  return Lab.run(async (lab) => {
    const [ours, theirs] = await Promise.all([createTestAuthority("ours"), createTestAuthority("theirs")]);
    const right = await writeCertificates(join(lab.folder, "right"), await ours.issue());
    const wrong = await writeCertificates(join(lab.folder, "wrong"), await theirs.issue());
    const music = await lab.start("music", right);
    const MUSIC_TARGET = `ipv4:${music.address("grpc")}`;
    // Each bot has a storage that believes it, so that it is music alone which does not answer.
    const stranger = await type(lab, 3, { MUSIC_TARGET, ...wrong }, wrong);
    const friend = await lab.chat({ MUSIC_TARGET, MUSIC_FILES_URL: `https://${music.address("http")}`, ...right }, right);
    await friend.listener.say("/play believer");
    await friend.listener.presses("Believer");
    await friend.listener.hears("Believer");
    return [
      exactly("of another authority: plain sentences", stranger.answered, 3),
      atMost("slowest", stranger.slowestMs, AT_ONCE_MS, "ms"),
      exactly("of the same one: audios", (await friend.listener.messages()).filter(({ audio }) => audio).length, 1),
    ];
  });
}

/** Types texts to a bot that music does not let in. */
async function type(lab: Lab, texts: number, settings: Settings, storageSettings?: Settings) {
  const { listener, bot } = await lab.chat(settings, storageSettings);
  let answered = 0;
  let slowestMs = 0;
  for (let text = 1; text <= texts; text++) {
    await listener.say(`text ${text}`);
    const fits = (shown: string) => shown.includes(`text ${text}`) && SENTENCE.test(shown);
    const ms = await timeUntil(async () => {
      const seen = (await listener.messages()).some(({ text: shown = "" }) => fits(shown));
      if (seen) answered += 1;
      return seen;
    });
    slowestMs = Math.max(slowestMs, ms);
  }
  return { answered, slowestMs, attempts: await attemptsOf(bot, "Search") };
}
