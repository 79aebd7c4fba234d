import { SAMPLE_RATE } from "./instruments.js";

/** Lengths of the echoes in milliseconds: without common divisors, so that they do not line up into a tone. */
const COMBS_MS = [29.7, 37.1, 41.1, 43.7];
const ALLPASSES_MS = [5, 1.7];
const FEEDBACK = 0.78;
/** How much of the highs every echo loses. */
const DAMPING = 0.35;
/** The right ear hears the same room from a little further off. */
const SPREAD_MS = 0.8;

/** Adds the echo of a small room to one side of a recording (Schroeder's: parallel combs, then all-passes). */
export function addReverb(dry: Float32Array, out: Float32Array, side: "left" | "right", amount: number): void {
  const offset = side === "left" ? 0 : SPREAD_MS;
  const wet = new Float32Array(dry.length);
  for (const ms of COMBS_MS) addComb(dry, wet, samples(ms + offset));
  for (const ms of ALLPASSES_MS) passAll(wet, samples(ms + offset));
  for (let at = 0; at < out.length; at++) out[at] = (out[at] ?? 0) + (wet[at] ?? 0) * amount;
}

function samples(ms: number): number {
  return Math.round((ms / 1000) * SAMPLE_RATE);
}

function addComb(dry: Float32Array, wet: Float32Array, length: number) {
  const line = new Float32Array(length);
  let damped = 0;
  for (let at = 0, place = 0; at < dry.length; at++) {
    const echo = line[place] ?? 0;
    damped = echo + (damped - echo) * DAMPING;
    line[place] = (dry[at] ?? 0) + damped * FEEDBACK;
    wet[at] = (wet[at] ?? 0) + echo * 0.25;
    place = place + 1 === length ? 0 : place + 1;
  }
}

function passAll(signal: Float32Array, length: number) {
  const line = new Float32Array(length);
  for (let at = 0, place = 0; at < signal.length; at++) {
    const echo = line[place] ?? 0;
    const input = (signal[at] ?? 0) + echo * 0.5;
    line[place] = input;
    signal[at] = echo - input * 0.5;
    place = place + 1 === length ? 0 : place + 1;
  }
}
