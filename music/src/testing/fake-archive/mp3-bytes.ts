/** Bytes of a track that are made as they are read, so that a hundred tracks of 40 MB cost no memory. */
export interface TrackBytes {
  readonly sizeBytes: number;
  /** Length of the sound, in seconds. */
  readonly seconds: number;
  /** The bytes from `offset` on, at most `length` of them. */
  read(offset: number, length: number): Buffer;
}

/** A frame of MPEG-1 Layer III: 320 kbit/s, 48 kHz, stereo, no padding. */
const FRAME_HEADER = Buffer.from([0xff, 0xfb, 0xe4, 0x04]);
const FRAME_BYTES = 960;
const FRAME_SECONDS = 0.024;
const SIDE_INFO_BYTES = 32;
/** Where decoders do not look: after header and side information. */
const FREE_AT = FRAME_HEADER.length + SIDE_INFO_BYTES;
/** Frames that are copied at once. */
const BLOCK_FRAMES = 16;
const BLOCK_BYTES = BLOCK_FRAMES * FRAME_BYTES;
const TAG_HEADER_BYTES = 10;

/**
 * A real MP3 of exactly so many bytes: an ID3 tag with the title, then frames of silence. Each frame carries the title and its
 * place among sixteen where decoders do not look, and the first of these how many came before: tracks differ everywhere, and bytes
 * that were put together wrongly are noticed.
 *
 * @param sizeBytes at least 3,000
 */
export function createMp3Bytes(title: string, sizeBytes: number): TrackBytes {
  const frames = Math.floor((sizeBytes - 1_000) / FRAME_BYTES);
  if (frames < 1) throw new Error("an MP3 needs at least 3,000 bytes here");
  const tag = createTag(title, sizeBytes - frames * FRAME_BYTES);
  const block = createBlock(title);
  const numbered = (number: number) => {
    // Seven bits a byte: nothing in it looks like the start of a frame.
    for (let at = 0; at < 4; at++) block[FREE_AT + at] = (number >> (7 * at)) & 0x7f;
    return block;
  };
  return {
    sizeBytes,
    seconds: frames * FRAME_SECONDS,
    read(offset, length) {
      const end = Math.min(sizeBytes, offset + length);
      const bytes = Buffer.allocUnsafe(Math.max(0, end - offset));
      let at = offset;
      if (at < tag.length) at += tag.copy(bytes, 0, at, Math.min(end, tag.length));
      while (at < end) {
        const number = Math.floor((at - tag.length) / BLOCK_BYTES);
        const from = (at - tag.length) % BLOCK_BYTES;
        at += numbered(number).copy(bytes, at - offset, from);
      }
      return bytes;
    },
  };
}

/** ID3v2.3 of exactly `size` bytes, the rest of it padding. */
function createTag(title: string, size: number): Buffer {
  const tag = Buffer.alloc(size);
  const text = Buffer.concat([Buffer.from([1, 0xff, 0xfe]), Buffer.from(title.slice(0, 200), "utf16le")]);
  const rest = size - TAG_HEADER_BYTES;
  tag.write("ID3\x03", 0, "latin1");
  for (let at = 0; at < 4; at++) tag[6 + at] = (rest >> (7 * (3 - at))) & 0x7f;
  tag.write("TIT2", TAG_HEADER_BYTES, "latin1");
  tag.writeUInt32BE(text.length, TAG_HEADER_BYTES + 4);
  text.copy(tag, TAG_HEADER_BYTES + 10);
  return tag;
}

function createBlock(title: string): Buffer {
  const words = encodeURIComponent(title).slice(0, 200) || "track";
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let number = 0; number < BLOCK_FRAMES; number++) {
    const frame = block.subarray(number * FRAME_BYTES, (number + 1) * FRAME_BYTES);
    FRAME_HEADER.copy(frame);
    frame.fill(`${words} ${number} `, FREE_AT + 4, undefined, "latin1");
  }
  return block;
}
