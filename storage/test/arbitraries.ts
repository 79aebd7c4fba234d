import { Code, ConnectError } from "@connectrpc/connect";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import * as fc from "fast-check";
import { expect } from "vitest";
import { trackKey } from "../src/track-key.js";

/** Answers that bad input may get. Anything else, INTERNAL above all, is a defect. */
const REFUSALS = new Set([Code.InvalidArgument, Code.NotFound]);
export const RUNS = 40;
/** Many runs, on a machine that may have other things to do. */
export const SLOW_MS = 120_000;

const NASTY = [
  "\u0000",
  "a\u0000b",
  "🎵",
  "👨‍👩‍👧‍👦",
  "שלום",
  "\u202eabc",
  "e\u0301",
  "ﷺ",
  "İı",
  "'; DROP TABLE users; --",
  "%_\\",
  "\ufeff",
  "\uffff",
  " ",
];

/** Text of any kind, mostly within the bounds of the contract. */
export function text(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: "binary", maxLength: maxLength + 2 }),
    fc.string({ unit: "grapheme", maxLength }),
    fc.constantFrom(...NASTY),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength }).map((units) => String.fromCharCode(...units)),
  );
}

/** A format that there is, or none. */
export const format = fc.constantFrom(
  AudioFormat.UNSPECIFIED,
  AudioFormat.AUTO,
  AudioFormat.MP3,
  AudioFormat.M4A,
  99 as AudioFormat,
);
/** A track whose key mostly fits. */
export const track = fc
  .record({
    id: text(200),
    title: text(300),
    durationSeconds: fc.nat({ max: 2 ** 32 - 1 }),
    uploader: text(300),
    url: text(2048),
    source: fc.oneof({ weight: 9, arbitrary: fc.constantFrom("library", "yt") }, text(32)),
    thumbnailUrl: text(2048),
    album: text(300),
    license: text(300),
    wrong: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, text(22)),
  })
  .map(({ wrong, ...fields }) => ({ ...fields, key: wrong ?? trackKey(fields.url) }));
export const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

export const size = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** Within what a Timestamp may name, and beyond. */
export const time = fc.record({
  seconds: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -62_135_596_900n, max: 253_402_300_900n }),
  ),
  nanos: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
});
/** Runs one call with anything and expects an answer or an honest refusal. */
export async function answersAnything<T>(input: fc.Arbitrary<T>, call: (value: T) => Promise<unknown>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(input, async (value) => {
      try {
        await call(value);
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        expect(REFUSALS, `${Code[error.code]} ${error.rawMessage}`).toContain(error.code);
      }
    }),
    { numRuns: RUNS },
  );
}
