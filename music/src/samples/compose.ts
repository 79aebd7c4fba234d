import type { InstrumentName, Tone } from "./instruments.js";
import { type Piece, SCALES } from "./pieces.js";
import { createRandom, type Random } from "./random.js";

/** One note (or stroke) of a piece. */
export interface Note extends Tone {
  instrument: InstrumentName;
  /** -1 is left, 1 is right. */
  pan: number;
}

/** What a note is without its place in time: `beat` and `beats` instead of seconds. */
type BeatNote = Omit<Note, "at" | "seconds"> & { beat: number; beats: number };

/** Length of a piece in seconds, its last chord and the room's echo included. */
export function pieceSeconds({ bpm, beatsPerBar, bars }: Piece): number {
  return (bars * beatsPerBar * 60) / bpm + 1.5;
}

/** Writes the notes of a piece: chords, bass, accompaniment, drums, and a melody that repeats its motif. */
export function compose(piece: Piece): Note[] {
  const random = createRandom(piece.seed);
  const notes = [...accompany(piece), ...bass(piece), ...drums(piece), ...melody(piece, random)];
  const beatSeconds = 60 / piece.bpm;
  return notes.map(({ beat, beats, ...note }) => ({
    ...note,
    // A few milliseconds early or late, as people play.
    at: Math.max(0, beat * beatSeconds + (random.next() - 0.5) * 0.008),
    seconds: beats * beatSeconds,
  }));
}

/** MIDI note of a step of the scale; steps go on above and below the octave. */
function step(piece: Piece, index: number): number {
  const scale = SCALES[piece.scale];
  const octave = Math.floor(index / scale.length);
  return piece.root + octave * 12 + (scale[index - octave * scale.length] ?? 0);
}

/** Step of the scale on which a bar's chord stands. The last bar comes home. */
function chordStep({ chords, bars }: Piece, bar: number): number {
  return bar === bars - 1 ? 0 : (chords[bar % chords.length] ?? 0);
}

/** Four notes of a bar's chord, moved by octaves to lie close together around one place. */
function voicing(piece: Piece, bar: number): number[] {
  const on = chordStep(piece, bar);
  const centre = piece.root + 9;
  const near = (midi: number) => midi - 12 * Math.round((midi - centre) / 12);
  return [0, 2, 4, 6].map((above) => near(step(piece, on + above))).toSorted((one, other) => one - other);
}

function* accompany(piece: Piece): Generator<BeatNote> {
  const { beatsPerBar, bars, accompaniment, pad } = piece;
  for (let bar = 0; bar < bars; bar++) {
    const chord = voicing(piece, bar);
    const beat = bar * beatsPerBar;
    const isLast = bar === bars - 1;
    for (const [at, midi] of chord.entries()) {
      const pan = (at - 1.5) * 0.4;
      if (pad) yield { instrument: "pad", beat, beats: beatsPerBar, midi, velocity: 0.35, pan };
      if (isLast) yield { instrument: accompaniment, beat: beat + at * 0.08, beats: beatsPerBar, midi, velocity: 0.5, pan };
    }
    if (isLast) continue;
    // Broken chords in eighths, up and down.
    for (let eighth = 0; eighth < beatsPerBar * 2; eighth++) {
      const turn = eighth % 6;
      const midi = chord[turn < 4 ? turn : 6 - turn] ?? piece.root;
      const velocity = eighth % 2 === 0 ? 0.42 : 0.3;
      yield {
        instrument: accompaniment,
        beat: beat + eighth / 2,
        beats: 0.9,
        midi,
        velocity,
        pan: eighth % 2 === 0 ? -0.35 : 0.35,
      };
    }
  }
}

function* bass(piece: Piece): Generator<BeatNote> {
  const { beatsPerBar, bars } = piece;
  for (let bar = 0; bar < bars; bar++) {
    const midi = step(piece, chordStep(piece, bar)) - 12;
    const low = midi > 50 ? midi - 12 : midi;
    const beat = bar * beatsPerBar;
    const note = { instrument: "bass", velocity: 0.7, pan: 0 } as const;
    if (bar === bars - 1 || beatsPerBar === 3) yield { ...note, beat, beats: beatsPerBar * 0.9, midi: low };
    else {
      yield { ...note, beat, beats: 1.4, midi: low };
      yield { ...note, beat: beat + 1.5, beats: 0.5, midi: low };
      yield { ...note, beat: beat + 2, beats: 1, midi: low + 7 };
      yield { ...note, beat: beat + 3, beats: 0.9, midi: low };
    }
  }
}

// biome-ignore format: a table, read down its columns
/** Strokes of one bar: instrument, beat, velocity. */
const GROOVES: Readonly<Record<Piece["drums"], readonly (readonly [InstrumentName, number, number])[]>> = {
  none: [],
  soft: [
    ["kick", 0, 0.5], ["hat", 0.5, 0.25], ["brush", 1, 0.4], ["hat", 1.5, 0.2],
    ["kick", 2, 0.4], ["kick", 2.5, 0.3], ["brush", 3, 0.4], ["hat", 3.5, 0.25],
  ],
  driving: [
    ["kick", 0, 0.8], ["hat", 0.5, 0.4], ["kick", 1, 0.6], ["brush", 1, 0.7], ["hat", 1.5, 0.4], ["hat", 1.75, 0.2],
    ["kick", 2, 0.8], ["hat", 2.5, 0.4], ["kick", 3, 0.6], ["brush", 3, 0.7], ["hat", 3.5, 0.4],
  ],
  waltz: [["kick", 0, 0.5], ["brush", 1, 0.3], ["brush", 2, 0.3], ["hat", 2.5, 0.15]],
};

/** From the third bar on, and not in the last. */
function* drums({ drums: groove, beatsPerBar, bars }: Piece): Generator<BeatNote> {
  for (let bar = 2; bar < bars - 1; bar++) {
    for (const [instrument, at, velocity] of GROOVES[groove]) {
      yield { instrument, beat: bar * beatsPerBar + at, beats: 0.5, midi: 0, velocity, pan: instrument === "hat" ? 0.3 : 0 };
    }
  }
}

// biome-ignore format: a table, read down its columns
/** Rhythms of one bar, in beats. */
const RHYTHMS: Readonly<Record<3 | 4, readonly [readonly number[], ...(readonly number[])[]]>> = {
  3: [[2, 1], [1, 1, 1], [1.5, 0.5, 1], [3]],
  4: [[1, 1, 2], [1.5, 0.5, 1, 1], [0.5, 0.5, 1, 2], [1, 0.5, 0.5, 2], [2, 2]],
};

/** A motif of two bars, sung again over each pair of chords; every fourth time it goes its own way. */
function* melody(piece: Piece, random: Random): Generator<BeatNote> {
  const { beatsPerBar, bars } = piece;
  const motif = inventMotif(piece, random);
  for (let bar = 1; bar < bars - 1; bar += 2) {
    const isTurn = bar % 8 === 7;
    yield* sing(piece, bar, isTurn ? inventMotif(piece, random) : motif);
  }
  yield { ...LEAD, instrument: piece.lead, beat: (bars - 1) * beatsPerBar, beats: beatsPerBar, midi: step(piece, 7) };
}

const LEAD = { velocity: 0.8, pan: 0.08 };

interface MotifNote {
  /** Beats from the start of the motif. */
  beat: number;
  beats: number;
  /** Steps of the scale above the chord's own step. */
  above: number;
}

function inventMotif({ beatsPerBar }: Piece, random: Random): MotifNote[] {
  const motif: MotifNote[] = [];
  let above = random.pick([7, 9, 4]);
  for (let bar = 0; bar < 2; bar++) {
    let beat = bar * beatsPerBar;
    for (const beats of random.pick(RHYTHMS[beatsPerBar])) {
      // On the beat a note of the chord, between beats the way there.
      const isStrong = (beat - bar * beatsPerBar) % 2 === 0;
      motif.push({ beat, beats, above: isStrong ? Math.round(above / 2) * 2 : above });
      above = Math.min(11, Math.max(3, above + random.pick([-2, -1, -1, 1, 1, 2])));
      beat += beats;
    }
  }
  return motif;
}

function* sing(piece: Piece, bar: number, motif: readonly MotifNote[]): Generator<BeatNote> {
  const { beatsPerBar, bars } = piece;
  for (const { beat, beats, above } of motif) {
    const place = bar + Math.floor(beat / beatsPerBar);
    if (place >= bars - 1) continue;
    const midi = foldInto(step(piece, chordStep(piece, place) + above), piece.root + 10, piece.root + 26);
    yield { ...LEAD, instrument: piece.lead, beat: bar * beatsPerBar + beat, beats: beats * 0.95, midi };
  }
}

/** Moves a note by octaves until it can be sung. */
function foldInto(midi: number, low: number, high: number): number {
  if (midi < low) return foldInto(midi + 12, low, high);
  return midi > high ? foldInto(midi - 12, low, high) : midi;
}
