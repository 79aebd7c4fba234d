import { compose, pieceSeconds } from "./compose.js";
import { INSTRUMENTS, MAX_TAIL_SECONDS, SAMPLE_RATE } from "./instruments.js";
import type { Piece } from "./pieces.js";
import { addReverb } from "./reverb.js";

/** Sound in two channels of equal length, from -1 to 1. */
export interface Sound {
  left: Float32Array;
  right: Float32Array;
}

/** Loudest sample: leaves room for what MP3 adds. */
const PEAK = 0.84;
const FADE_SECONDS = 1.2;
const REVERB = 0.3;

/** Plays a piece. Deterministic. */
export function render(piece: Piece): Sound {
  const length = Math.round(pieceSeconds(piece) * SAMPLE_RATE);
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  const longest = Math.round(((piece.beatsPerBar * 60) / piece.bpm + MAX_TAIL_SECONDS) * SAMPLE_RATE);
  const voice = new Float32Array(longest);
  for (const note of compose(piece)) {
    const used = INSTRUMENTS[note.instrument](note, voice);
    mix(voice, used, Math.round(note.at * SAMPLE_RATE), note.pan, left, right);
  }
  addReverb(left.slice(), left, "left", REVERB);
  addReverb(right.slice(), right, "right", REVERB);
  master(left, right);
  return { left, right };
}

/** Equal power, so that the middle is not louder than the sides. */
function mix(voice: Float32Array, used: number, start: number, pan: number, left: Float32Array, right: Float32Array) {
  const angle = ((pan + 1) * Math.PI) / 4;
  const toLeft = Math.cos(angle);
  const toRight = Math.sin(angle);
  const end = Math.min(used, left.length - start);
  for (let at = 0; at < end; at++) {
    const value = voice[at] ?? 0;
    left[start + at] = (left[start + at] ?? 0) + value * toLeft;
    right[start + at] = (right[start + at] ?? 0) + value * toRight;
  }
}

/** Rounds off the loudest moments, brings all to one level, and lets the end die away. */
function master(left: Float32Array, right: Float32Array) {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += (left[at] ?? 0) ** 2 + (right[at] ?? 0) ** 2;
  const drive = 0.26 / Math.max(1e-6, Math.sqrt(sum / (2 * left.length)));
  const fadeStart = left.length - FADE_SECONDS * SAMPLE_RATE;
  for (const channel of [left, right]) {
    for (let at = 0; at < channel.length; at++) {
      const fade = at > fadeStart ? (channel.length - at) / (FADE_SECONDS * SAMPLE_RATE) : 1;
      channel[at] = Math.tanh((channel[at] ?? 0) * drive) * PEAK * fade;
    }
  }
}
