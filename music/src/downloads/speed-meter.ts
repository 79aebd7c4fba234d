/** Bytes a second over the last seconds. */
export interface SpeedMeter {
  /** @param nowMs rises; @param bytes all bytes so far */
  record(nowMs: number, bytes: number): void;
  /** 0 while unknown. */
  bytesPerSecond(): number;
}

const WINDOW_MS = 3_000;
/** Samples closer together than that are one; bounds the memory. */
const STEP_MS = 100;
/** Before that, a guess would jump about. */
const MIN_SPAN_MS = 200;

export function createSpeedMeter(): SpeedMeter {
  const samples: { at: number; bytes: number }[] = [];
  return {
    record(at, bytes) {
      const last = samples.at(-1);
      const before = samples.at(-2);
      // The newest sample moves on until it is a step away from the one before.
      if (last && before && last.at - before.at < STEP_MS) samples.pop();
      samples.push({ at, bytes });
      while (samples.length > 2 && at - (samples[0]?.at ?? at) > WINDOW_MS) samples.shift();
    },
    bytesPerSecond() {
      const first = samples[0];
      const last = samples.at(-1);
      if (!first || !last || last.at - first.at < MIN_SPAN_MS) return 0;
      return Math.round(((last.bytes - first.bytes) * 1000) / (last.at - first.at));
    },
  };
}
