import { createRandom } from "./random.js";

/** Samples a second. Nothing that the instruments play is above 16 kHz, and this is a quarter less work than 44,100. */
export const SAMPLE_RATE = 32_000;

const TABLE_SIZE = 8192;
const SINES = Float32Array.from({ length: TABLE_SIZE }, (_, at) => Math.sin((2 * Math.PI * at) / TABLE_SIZE));

/** Sine of a number of turns, from a table: a third of the time, and the error is below what MP3 keeps. */
function sine(turns: number): number {
  return SINES[(turns * TABLE_SIZE) & (TABLE_SIZE - 1)] ?? 0;
}

/** What an instrument plays: when, how long, how high, how loud. */
export interface Tone {
  /** Seconds from the start. */
  at: number;
  seconds: number;
  /** MIDI number; drums do not look at it. */
  midi: number;
  /** 0–1. */
  velocity: number;
}

/** Writes the sound of one note into a mono buffer; returns how much of it was used, in samples. */
type Instrument = (note: Tone, out: Float32Array) => number;

const frequency = (midi: number) => 440 * 2 ** ((midi - 69) / 12);

/** Attack, hold, release, all in samples; 0–1. */
function envelope(at: number, attack: number, hold: number, release: number): number {
  if (at < attack) return at / attack;
  if (at < hold) return 1;
  const left = 1 - (at - hold) / release;
  return left > 0 ? left * left : 0;
}

/** One tone modulates another: an electric piano for a ratio of 1, a bell for 3.5. */
function modulated(ratio: number, depth: number, decaySeconds: number): Instrument {
  return (note, out) => {
    const length = Math.min(out.length, Math.round((Math.min(note.seconds, 1.2) + decaySeconds) * SAMPLE_RATE));
    const increment = frequency(note.midi) / SAMPLE_RATE;
    const fade = Math.exp(-5 / length);
    let level = note.velocity;
    for (let at = 0; at < length; at++) {
      level *= fade;
      const modulator = (sine(at * increment * ratio) * depth * level) / 6.28;
      out[at] = sine(at * increment + modulator) * level * Math.min(1, at / 120);
    }
    return length;
  };
}

/** A burst of noise runs around in a loop that swallows its highs: a plucked string (Karplus and Strong). */
const pluck: Instrument = (note, out) => {
  const length = Math.min(out.length, Math.round((note.seconds + 1.1) * SAMPLE_RATE));
  const period = Math.max(2, Math.round(SAMPLE_RATE / frequency(note.midi)));
  const random = createRandom(note.midi * 7919);
  const loop = new Float32Array(period);
  let smooth = 0;
  for (let at = 0; at < period; at++) {
    smooth += (random.next() * 2 - 1 - smooth) * 0.55;
    loop[at] = smooth;
  }
  for (let at = 0, place = 0; at < length; at++) {
    const next = place + 1 === period ? 0 : place + 1;
    const value = loop[place] ?? 0;
    out[at] = value * note.velocity * 1.5 * envelope(at, 30, length * 0.6, length * 0.4);
    loop[place] = (value + (loop[next] ?? 0)) * 0.498;
    place = next;
  }
  return length;
};

/** Two voices a little out of tune, with soft upper tones. */
const pad: Instrument = (note, out) => {
  const hold = note.seconds * SAMPLE_RATE;
  const release = 0.9 * SAMPLE_RATE;
  const length = Math.min(out.length, Math.round(hold + release));
  const increment = frequency(note.midi) / SAMPLE_RATE;
  for (let at = 0; at < length; at++) {
    const one = at * increment * 0.9975;
    const other = at * increment * 1.0025;
    const tone = sine(one) + sine(other) + 0.3 * sine(one * 2) + 0.15 * sine(other * 3);
    out[at] = tone * 0.3 * note.velocity * envelope(at, 0.35 * SAMPLE_RATE, hold, release);
  }
  return length;
};

const flute: Instrument = (note, out) => {
  const hold = note.seconds * SAMPLE_RATE * 0.9;
  const release = 0.25 * SAMPLE_RATE;
  const length = Math.min(out.length, Math.round(hold + release));
  const increment = frequency(note.midi) / SAMPLE_RATE;
  const random = createRandom(note.midi);
  for (let at = 0; at < length; at++) {
    const seconds = at / SAMPLE_RATE;
    // Vibrato sets in when the note has stood for a while.
    const phase = at * increment + sine(5.2 * seconds) * Math.min(1, seconds) * 0.14;
    const breath = (random.next() - 0.5) * 0.03;
    const tone = sine(phase) + 0.28 * sine(phase * 2) + 0.08 * sine(phase * 3) + breath;
    out[at] = tone * 0.55 * note.velocity * envelope(at, 0.06 * SAMPLE_RATE, hold, release);
  }
  return length;
};

const bass: Instrument = (note, out) => {
  const hold = note.seconds * SAMPLE_RATE * 0.8;
  const release = 0.15 * SAMPLE_RATE;
  const length = Math.min(out.length, Math.round(hold + release));
  const increment = frequency(note.midi) / SAMPLE_RATE;
  for (let at = 0; at < length; at++) {
    const tone = sine(at * increment) + 0.35 * sine(at * increment * 2) + 0.1 * sine(at * increment * 3);
    out[at] = tone * 0.6 * note.velocity * envelope(at, 160, hold, release) * (0.6 + 0.4 * Math.exp(-at / 6000));
  }
  return length;
};

const kick: Instrument = (note, out) => {
  const length = Math.min(out.length, Math.round(0.28 * SAMPLE_RATE));
  let phase = 0;
  for (let at = 0; at < length; at++) {
    phase += (46 + 90 * Math.exp(-at / 700)) / SAMPLE_RATE;
    out[at] = sine(phase) * note.velocity * Math.exp(-at / 2400);
  }
  return length;
};

/** Noise without its lows (`hat`) or without its highs (`brush`). */
function noise(seconds: number, smoothing: number, highs: boolean, gain: number): Instrument {
  return (note, out) => {
    const length = Math.min(out.length, Math.round(seconds * SAMPLE_RATE));
    const random = createRandom(Math.round(note.at * 1000));
    let low = 0;
    for (let at = 0; at < length; at++) {
      const value = random.next() * 2 - 1;
      low += (value - low) * smoothing;
      out[at] = (highs ? value - low : low) * gain * note.velocity * Math.exp((-at * 5) / length) * Math.min(1, at / 40);
    }
    return length;
  };
}

/** All instruments by name. */
export const INSTRUMENTS = {
  piano: modulated(1, 1.6, 1.4),
  bell: modulated(3.5, 1.1, 1.8),
  pluck,
  pad,
  flute,
  bass,
  kick,
  hat: noise(0.06, 0.6, true, 0.3),
  brush: noise(0.16, 0.5, false, 0.5),
} satisfies Record<string, Instrument>;
export type InstrumentName = "piano" | "bell" | "pluck" | "pad" | "flute" | "bass" | "kick" | "hat" | "brush";

/** Longest sound of one note, in seconds, over the note itself. */
export const MAX_TAIL_SECONDS = 2;
