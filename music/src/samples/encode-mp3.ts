import { registerMp3Encoder } from "@mediabunny/mp3-encoder";
import { AudioSample, AudioSampleSource, BufferTarget, type MetadataTags, Mp3OutputFormat, Output } from "mediabunny";
import { SAMPLE_RATE } from "./instruments.js";
import type { Sound } from "./render.js";

const BITRATE = 192_000;
/** Samples given to the encoder at once. */
const BLOCK = SAMPLE_RATE;

let registered = false;

/** Encodes sound as MP3, 192 kbit/s, with ID3 tags. */
export async function encodeMp3({ left, right }: Sound, tags: MetadataTags): Promise<Uint8Array> {
  if (!registered) registerMp3Encoder();
  registered = true;
  const target = new BufferTarget();
  const output = new Output({ format: new Mp3OutputFormat(), target });
  const source = new AudioSampleSource({ codec: "mp3", bitrate: BITRATE });
  output.addAudioTrack(source);
  output.setMetadataTags(tags);
  await output.start();
  for (let at = 0; at < left.length; at += BLOCK) {
    const sample = block(left.subarray(at, at + BLOCK), right.subarray(at, at + BLOCK), at / SAMPLE_RATE);
    await source.add(sample);
    sample.close();
  }
  await output.finalize();
  if (!target.buffer) throw new Error("the encoder wrote nothing");
  return new Uint8Array(target.buffer);
}

function block(left: Float32Array, right: Float32Array, timestamp: number): AudioSample {
  const data = new Float32Array(left.length * 2);
  data.set(left);
  data.set(right, left.length);
  return new AudioSample({ format: "f32-planar", sampleRate: SAMPLE_RATE, numberOfChannels: 2, timestamp, data });
}
