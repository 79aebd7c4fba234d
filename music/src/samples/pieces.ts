import type { InstrumentName } from "./instruments.js";

/** How a sample track is made. Performers and titles are invented. */
export interface Piece {
  title: string;
  artist: string;
  album: string;
  bpm: number;
  beatsPerBar: 3 | 4;
  /** Bars in all; the last one is a long chord. */
  bars: number;
  /** MIDI note of the tonic, 48–60. */
  root: number;
  scale: ScaleName;
  /** Steps of the scale on which the chords stand, 0 = tonic, one a bar, repeated. */
  chords: readonly number[];
  lead: InstrumentName;
  accompaniment: InstrumentName;
  pad: boolean;
  drums: "none" | "soft" | "driving" | "waltz";
  seed: number;
  /** Of the cover: colours in degrees, and what is drawn. */
  cover: { hue: number; accentHue: number; motif: "rings" | "waves" | "hills" | "stars" };
}

export const SCALES = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
} as const;
type ScaleName = keyof typeof SCALES;

// biome-ignore format: one line a trait, so that pieces can be compared
/** In the order in which they are made: the one that the README plays comes first. */
export const PIECES: readonly Piece[] = [
  {
    title: "Believer", artist: "Paper Lanterns", album: "Small Hours",
    bpm: 112, beatsPerBar: 4, bars: 10, root: 57, scale: "minor", chords: [0, 5, 2, 6],
    lead: "pluck", accompaniment: "piano", pad: true, drums: "driving", seed: 11,
    cover: { hue: 18, accentHue: 48, motif: "rings" },
  },
  {
    title: "Тихий дождь", artist: "Северный Ветер", album: "Письма с крыши",
    bpm: 76, beatsPerBar: 4, bars: 7, root: 50, scale: "minor", chords: [0, 3, 5, 4],
    lead: "piano", accompaniment: "pluck", pad: true, drums: "soft", seed: 23,
    cover: { hue: 205, accentHue: 190, motif: "waves" },
  },
  {
    title: "Winter Road", artist: "The Velvet Foxes", album: "Maps of Nowhere",
    bpm: 92, beatsPerBar: 4, bars: 9, root: 52, scale: "dorian", chords: [0, 3, 0, 6],
    lead: "bell", accompaniment: "pluck", pad: true, drums: "soft", seed: 37,
    cover: { hue: 222, accentHue: 30, motif: "hills" },
  },
  {
    title: "Ёлки под снегом", artist: "Маяк и Чайки", album: "Бумажный кораблик",
    bpm: 104, beatsPerBar: 3, bars: 13, root: 55, scale: "major", chords: [0, 5, 3, 4],
    lead: "bell", accompaniment: "piano", pad: false, drums: "waltz", seed: 41,
    cover: { hue: 150, accentHue: 350, motif: "stars" },
  },
  {
    title: "Slow Sunday", artist: "The Velvet Foxes", album: "Maps of Nowhere",
    bpm: 84, beatsPerBar: 4, bars: 8, root: 53, scale: "major", chords: [0, 2, 3, 4],
    lead: "flute", accompaniment: "piano", pad: false, drums: "soft", seed: 59,
    cover: { hue: 40, accentHue: 12, motif: "hills" },
  },
  {
    title: "Звёздная пыль", artist: "Лунный Трамвай", album: "Последний рейс",
    bpm: 98, beatsPerBar: 4, bars: 10, root: 48, scale: "minor", chords: [0, 6, 5, 4],
    lead: "flute", accompaniment: "bell", pad: true, drums: "driving", seed: 67,
    cover: { hue: 265, accentHue: 55, motif: "stars" },
  },
  {
    title: "Café Lumière", artist: "Noémie Sable", album: "Après la pluie",
    bpm: 120, beatsPerBar: 3, bars: 15, root: 50, scale: "minor", chords: [0, 3, 6, 2, 5, 3, 4, 0],
    lead: "flute", accompaniment: "pluck", pad: false, drums: "waltz", seed: 73,
    cover: { hue: 335, accentHue: 20, motif: "rings" },
  },
  {
    title: "Огни на том берегу", artist: "Северный Ветер", album: "Письма с крыши",
    bpm: 88, beatsPerBar: 4, bars: 8, root: 55, scale: "dorian", chords: [0, 2, 3, 6],
    lead: "pluck", accompaniment: "piano", pad: true, drums: "soft", seed: 83,
    cover: { hue: 232, accentHue: 42, motif: "waves" },
  },
  {
    title: "Midnight Tram", artist: "Paper Lanterns", album: "Small Hours",
    bpm: 118, beatsPerBar: 4, bars: 11, root: 52, scale: "minor", chords: [0, 2, 6, 3],
    lead: "piano", accompaniment: "pluck", pad: true, drums: "driving", seed: 97,
    cover: { hue: 285, accentHue: 170, motif: "hills" },
  },
];
