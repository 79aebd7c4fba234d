import jpeg from "jpeg-js";
import type { Piece } from "./pieces.js";
import { createRandom } from "./random.js";

const SIDE = 320;
const QUALITY = 88;

type Colour = readonly [red: number, green: number, blue: number];
/** Colour of a point; x and y from 0 to 1, y downwards. By columns, so that what depends on x alone is worked out once. */
type Painter = (x: number) => (y: number) => Colour;

/** Draws the cover of a piece: a JPEG of 320 × 320. Deterministic. */
export function drawCover(piece: Pick<Piece, "seed" | "cover">): Uint8Array {
  const paint = PAINTERS[piece.cover.motif](piece);
  const grain = createRandom(piece.seed);
  const data = new Uint8Array(SIDE * SIDE * 4);
  for (let column = 0; column < SIDE; column++) {
    const paintColumn = paint((column + 0.5) / SIDE);
    for (let row = 0; row < SIDE; row++) {
      const colour = paintColumn((row + 0.5) / SIDE);
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

type Look = Pick<Piece, "seed" | "cover">;

const PAINTERS: Readonly<Record<Piece["cover"]["motif"], (piece: Look) => Painter>> = { rings, waves, hills, stars };

function rings({ cover, seed }: Look): Painter {
  const random = createRandom(seed);
  const centre = { x: 0.35 + random.next() * 0.3, y: 0.4 + random.next() * 0.2 };
  const tilt = random.next() * 0.5;
  return (x) => (y) => {
    const distance = Math.hypot(x - centre.x, (y - centre.y) * (1 + tilt));
    const glow = Math.exp(-distance * 3.2);
    const ring = smooth(0.25, 0.75, 0.5 + 0.5 * Math.cos(distance * 46 - 0.6));
    const back = hsl(cover.hue, 0.55, 0.12 + 0.2 * (1 - y));
    const front = hsl(cover.accentHue - distance * 50, 0.85, 0.35 + 0.4 * glow);
    return blend(back, front, ring * glow * 1.1);
  };
}

/** A moon over the sea. */
function waves({ cover, seed }: Look): Painter {
  const random = createRandom(seed * 31);
  const layers = Array.from({ length: 5 }, (_, at) => ({
    level: 0.42 + at * 0.12,
    height: 0.03 + random.next() * 0.035,
    pace: 1 + random.next() * 1.6,
    phase: random.next() * 6.3,
    colour: hsl(cover.hue + at * 4, 0.5, 0.42 - at * 0.07),
  }));
  const moonlight = hsl(cover.accentHue, 0.6, 0.85);
  const moon = { x: 0.3 + random.next() * 0.4, y: 0.2 + random.next() * 0.1 };
  return (x) => {
    const edges = layers.map(({ level, height, pace, phase, colour }) => ({
      edge: level + height * Math.sin(x * 6.3 * pace + phase) + 0.4 * height * Math.sin(x * 17 + phase * 2),
      colour,
    }));
    return (y) => {
      const distance = Math.hypot(x - moon.x, y - moon.y);
      const light = Math.max(smooth(0.105, 0.098, distance), Math.exp(-distance * 5) * 0.5);
      return overlay(blend(hsl(cover.hue, 0.5, 0.16 + 0.3 * y), moonlight, light), edges, y);
    };
  };
}

/** The sun behind hills. */
function hills({ cover, seed }: Look): Painter {
  const random = createRandom(seed * 31);
  const layers = Array.from({ length: 4 }, (_, at) => ({
    level: 0.5 + at * 0.13,
    phases: [random.next() * 6.3, random.next() * 6.3, random.next() * 6.3] as const,
    colour: hsl(cover.hue + at * 6, 0.42, 0.4 - at * 0.09),
  }));
  const sky = { high: hsl(cover.hue, 0.55, 0.32), low: hsl(cover.accentHue, 0.75, 0.68) };
  const sun = { x: 0.25 + random.next() * 0.5, y: 0.32 + random.next() * 0.1, colour: hsl(cover.accentHue, 0.95, 0.82) };
  return (x) => {
    const edges = layers.map(({ level, phases: [one, two, three], colour }) => ({
      edge: level + 0.06 * Math.sin(x * 4 + one) + 0.03 * Math.sin(x * 9 + two) + 0.008 * Math.sin(x * 31 + three),
      colour,
    }));
    return (y) => {
      const back = blend(sky.high, sky.low, Math.min(1, y * 1.6));
      return overlay(blend(back, sun.colour, smooth(0.125, 0.118, Math.hypot(x - sun.x, y - sun.y))), edges, y);
    };
  };
}

function stars({ cover, seed }: Look): Painter {
  const random = createRandom(seed * 31);
  const all = Array.from({ length: 70 }, () => ({
    x: random.next(),
    y: random.next(),
    size: 0.0025 + random.next() ** 3 * 0.009,
  }));
  const starlight = hsl(cover.accentHue, 0.7, 0.92);
  const dust = hsl(cover.accentHue, 0.55, 0.6);
  const bend = random.next() * 6.3;
  return (x) => {
    const near = all.filter((star) => Math.abs(x - star.x) < star.size * 6);
    return (y) => {
      const band = Math.exp(-(((x + y - 1) * 3) ** 2)) * (0.6 + 0.4 * Math.sin(x * 13 + bend + Math.sin(y * 9) * 2));
      let colour = blend(hsl(cover.hue, 0.6, 0.09 + 0.13 * y), dust, band * 0.4);
      for (const star of near) {
        const distance = Math.hypot(x - star.x, y - star.y);
        colour = blend(colour, starlight, Math.exp(-((distance / star.size) ** 2)));
      }
      return colour;
    };
  };
}

/** Layers one before the other, each from its edge downwards. */
function overlay(back: Colour, layers: readonly { edge: number; colour: Colour }[], y: number): Colour {
  let colour = back;
  for (const layer of layers) colour = blend(colour, layer.colour, smooth(layer.edge - 0.003, layer.edge + 0.003, y));
  return colour;
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
