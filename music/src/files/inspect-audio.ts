import { stat } from "node:fs/promises";
import { parseFromTokenizer } from "music-metadata";
import { fromFile } from "strtok3";
import { SourceUnavailableError } from "../errors.js";
import { MIME_TYPES, type SniffedKind, sniffFile } from "../sources/library/sniff.js";
import type { Container } from "../sources/source.js";

/** What a file is, whatever was said of it. */
export interface InspectedAudio {
  container: Container;
  sizeBytes: number;
  /** 0 when the file does not tell. */
  durationSeconds: number;
  /** Why it must not be passed on as it is; a converter may still make something of it. */
  damage?: SourceUnavailableError | undefined;
}

/** A file that is still being parsed after that was made to keep us busy. */
const PARSE_TIMEOUT_MS = 20_000;

/**
 * Looks into a file that a source has brought. Pictures and other large tags are passed over, not read.
 *
 * @param declared what the source says that it is; decides where the file does not tell
 * @throws SourceUnavailableError when it is empty, or no audio that we know
 */
export async function inspectAudio(path: string, declared: Container, signal: AbortSignal): Promise<InspectedAudio> {
  const { size: sizeBytes } = await stat(path);
  const kind = sizeBytes > 0 ? await sniffFile(path) : undefined;
  if (!kind) throw new SourceUnavailableError("what the source sent is not audio");
  const parsed = await parse(path, kind, signal);
  if (parsed instanceof SourceUnavailableError) {
    const container = kind === "mp4" && declared === "m4a" ? declared : kind;
    return { container, sizeBytes, durationSeconds: 0, damage: parsed };
  }
  const { codec = "", duration = 0, hasVideo } = parsed;
  const durationSeconds = Number.isFinite(duration) && duration > 0 ? duration : 0;
  if (kind !== "mp4") return { container: kind, sizeBytes, durationSeconds, damage: mp3Damage(kind, codec, durationSeconds) };
  const isM4a = hasVideo !== true && (/AAC/i.test(codec) || (codec === "" && declared === "m4a"));
  return { container: isM4a ? "m4a" : "mp4", sizeBytes, durationSeconds };
}

/** Layers I and II carry the magic number of MP3, and Telegram does not play them. */
function mp3Damage(kind: SniffedKind, codec: string, durationSeconds: number): SourceUnavailableError | undefined {
  if (kind !== "mp3" || (durationSeconds > 0 && /Layer 3/i.test(codec))) return undefined;
  return new SourceUnavailableError("the audio of this track is damaged");
}

async function parse(path: string, kind: SniffedKind, signal: AbortSignal) {
  const tokenizer = await fromFile(path, { regularFileOnly: true });
  tokenizer.fileInfo.mimeType = MIME_TYPES[kind];
  // Closing the file is what stops a parser: its next read fails.
  const stop = () => void tokenizer.close().catch(ignoreClosed);
  const ended = AbortSignal.any([signal, AbortSignal.timeout(PARSE_TIMEOUT_MS)]);
  ended.addEventListener("abort", stop, { once: true });
  try {
    return (await parseFromTokenizer(tokenizer, { duration: true, skipCovers: true })).format;
  } catch (cause) {
    signal.throwIfAborted();
    // Parsers throw all kinds of errors at broken files. None of them is ours.
    return new SourceUnavailableError("the audio of this track is damaged", { cause });
  } finally {
    ended.removeEventListener("abort", stop);
    await tokenizer.close().catch(ignoreClosed);
  }
}

/** The parser may have closed the file already; a second close has nothing to add. */
function ignoreClosed() {}
