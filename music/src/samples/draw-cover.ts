import jpeg from "jpeg-js";
import type { Piece } from "./pieces.js";
import { createRandom } from "./random.js";

const SIDE = 320;
const QUALITY = 88;

type Colour = readonly [red: number, green: number, blue: number];
/** Colour of a point; x and y from 0 to 1, y downwards. */
type Painter = (x: number, y: number) => Colour;

/** Draws the cover of a piece: a JPEG of 320 × 320. Deterministic. */
export function drawCover(piece: Pick<Piece, "seed" | "cover">): Uint8Array {
  const paint = PAINTERS[piece.cover.motif](piece);
  const grain = createRandom(piece.seed);
  const data = new Uint8Array(SIDE * SIDE * 4);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const colour = average(paint, column, row);
      // A little grain keeps the gradients from showing steps.
      const noise = (grain.next() - 0.5) * 6;
      const at = (row * SIDE + column) * 4;
      for (let channel = 0; channel < 3; channel++)
        data[at + channel] = Math.max(0, Math.min(255, (colour[channel] ?? 0) + noise));
      data[at + 3] = 255;
    }
  }
  return jpeg.encode({ width: SIDE, height: SIDE, data }, QUALITY).data;
}

/** Two looks at every pixel in each direction, against jagged edges. */
function average(paint: Painter, column: number, row: number): Colour {
  const sum: [number, number, number] = [0, 0, 0];
  for (const [dx, dy] of [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ] as const) {
    const [red, green, blue] = paint((column + dx) / SIDE, (row + dy) / SIDE);
    sum[0] += red / 4;
    sum[1] += green / 4;
    sum[2] += blue / 4;
  }
  return sum;
}

const PAINTERS: Readonly<Record<Piece["cover"]["motif"], (piece: Pick<Piece, "seed" | "cover">) => Painter>> = {
  rings({ cover, seed }) {
    const random = createRandom(seed);
    const centre = { x: 0.35 + random.next() * 0.3, y: 0.4 + random.next() * 0.2 };
    const tilt = random.next() * 0.5;
    return (x, y) => {
      const distance = Math.hypot(x - centre.x, (y - centre.y) * (1 + tilt));
      const glow = Math.exp(-distance * 3.2);
      const ring = smooth(0.25, 0.75, 0.5 + 0.5 * Math.cos(distance * 46 - 0.6));
      const back = hsl(cover.hue, 0.55, 0.12 + 0.2 * (1 - y));
      const front = hsl(cover.accentHue - distance * 50, 0.85, 0.35 + 0.4 * glow);
      return blend(back, front, ring * glow * 1.1);
    };
  },
  waves({ cover, seed }) {
    const layers = manyOf(5, seed, (random, at) => ({
      level: 0.42 + at * 0.12,
      height: 0.03 + random.next() * 0.035,
      pace: 1 + random.next() * 1.6,
      phase: random.next() * 6.3,
    }));
    return (x, y) => {
      const moon = smooth(0.105, 0.098, Math.hypot(x - 0.68, y - 0.24));
      const halo = Math.exp(-Math.hypot(x - 0.68, y - 0.24) * 5) * 0.5;
      let colour = blend(hsl(cover.hue, 0.5, 0.16 + 0.3 * y), hsl(cover.accentHue, 0.6, 0.85), Math.max(moon, halo));
      layers.forEach(({ level, height, pace, phase }, at) => {
        const edge = level + height * Math.sin(x * 6.3 * pace + phase) + 0.4 * height * Math.sin(x * 17 + phase * 2);
        const water = hsl(cover.hue + at * 4, 0.5, 0.42 - at * 0.07);
        colour = blend(colour, water, smooth(edge - 0.003, edge + 0.003, y));
      });
      return colour;
    };
  },
  hills({ cover, seed }) {
    const layers = manyOf(4, seed, (random, at) => ({
      level: 0.5 + at * 0.13,
      phases: [random.next() * 6.3, random.next() * 6.3, random.next() * 6.3] as const,
    }));
    return (x, y) => {
      const sun = smooth(0.125, 0.118, Math.hypot(x - 0.36, y - 0.38));
      let colour = blend(hsl(cover.hue, 0.55, 0.32), hsl(cover.accentHue, 0.75, 0.68), Math.min(1, y * 1.6));
      colour = blend(colour, hsl(cover.accentHue, 0.95, 0.82), sun);
      layers.forEach(({ level, phases }, at) => {
        const [one, two, three] = phases;
        const edge = level + 0.06 * Math.sin(x * 4 + one) + 0.03 * Math.sin(x * 9 + two) + 0.008 * Math.sin(x * 31 + three);
        colour = blend(colour, hsl(cover.hue + at * 6, 0.42, 0.4 - at * 0.09), smooth(edge - 0.003, edge + 0.003, y));
      });
      return colour;
    };
  },
  stars({ cover, seed }) {
    const stars = manyOf(70, seed, (random) => ({
      x: random.next(),
      y: random.next(),
      size: 0.0025 + random.next() ** 3 * 0.009,
    }));
    return (x, y) => {
      const band = Math.exp(-(((x + y - 1) * 3) ** 2)) * (0.6 + 0.4 * Math.sin(x * 13 + Math.sin(y * 9) * 2));
      let colour = blend(hsl(cover.hue, 0.6, 0.09 + 0.13 * y), hsl(cover.accentHue, 0.55, 0.6), Math.max(0, band) * 0.4);
      for (const star of stars) {
        const distance = Math.hypot(x - star.x, y - star.y);
        if (distance < star.size * 6)
          colour = blend(colour, hsl(cover.accentHue, 0.7, 0.92), Math.exp(-((distance / star.size) ** 2)));
      }
      return colour;
    };
  },
};

function manyOf<T>(count: number, seed: number, make: (random: ReturnType<typeof createRandom>, at: number) => T): T[] {
  const random = createRandom(seed * 31);
  return Array.from({ length: count }, (_, at) => make(random, at));
}

/** 0 before `from`, 1 after `to`, a soft step between; `from` may be the larger one. */
function smooth(from: number, to: number, value: number): number {
  const place = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return place * place * (3 - 2 * place);
}

function blend(back: Colour, front: Colour, amount: number): Colour {
  const share = Math.max(0, Math.min(1, amount));
  const mix = (one: number, other: number) => one + (other - one) * share;
  return [mix(back[0], front[0]), mix(back[1], front[1]), mix(back[2], front[2])];
}

/** Hue in degrees, the others from 0 to 1. */
function hsl(hue: number, saturation: number, lightness: number): Colour {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const place = (((offset + hue / 30) % 12) + 12) % 12;
    return 255 * (lightness - chroma * Math.max(-1, Math.min(place - 3, 9 - place, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}
