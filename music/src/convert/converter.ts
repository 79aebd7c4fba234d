import { isDiskFull, NoSpaceError, SourceUnavailableError } from "../errors.js";
import type { Container } from "../sources/source.js";
import { runTool, ToolError } from "./run-tool.js";

interface ConvertJob {
  /** Absolute paths; the second does not exist yet. */
  from: string;
  to: string;
  /** What `from` is inside. */
  container: Container;
  target: "mp3" | "m4a";
  /** 0 when unknown. */
  durationSeconds: number;
  /** @param etaSeconds 0 when unknown */
  onProgress: (etaSeconds: number) => void;
}

/** Turns audio of any kind into MP3 or M4A. */
export interface Converter {
  convert(job: ConvertJob, signal: AbortSignal): Promise<void>;
}

/** The demuxer is named: ffmpeg's guess may take a crafted file for a playlist that names other files. */
const DEMUXERS: Readonly<Record<Container, string>> = {
  aac: "aac",
  aiff: "aiff",
  flac: "flac",
  m4a: "mov",
  matroska: "matroska",
  mp3: "mp3",
  mp4: "mov",
  ogg: "ogg",
  wav: "wav",
};

/** 192 kbit/s: 20 minutes are 29 MB. */
const ENCODERS = {
  mp3: ["-c:a", "libmp3lame", "-b:a", "192k", "-id3v2_version", "3", "-f", "mp3"],
  m4a: ["-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", "-f", "ipod"],
} as const;

/** Looks for ffmpeg. @returns undefined when it is not installed, or does not run before the signal fires */
export async function findConverter(toolPath: string, signal: AbortSignal): Promise<Converter | undefined> {
  try {
    await runTool({ command: "ffmpeg", args: ["-version"], toolPath, onLine: () => {} }, signal);
  } catch (error) {
    if (error instanceof ToolError || signal.aborted) return undefined;
    throw error;
  }
  return { convert: (job, signal) => convert(job, toolPath, signal) };
}

async function convert(job: ConvertJob, toolPath: string, signal: AbortSignal): Promise<void> {
  const progress = { seconds: 0, speed: 0 };
  const onLine = (line: string) => {
    const [name, value = ""] = line.split("=");
    if (name === "out_time_us") progress.seconds = Number(value) / 1_000_000 || 0;
    if (name === "speed") progress.speed = Number.parseFloat(value) || 0;
    // The last line of each block.
    if (name === "progress") job.onProgress(secondsLeft(job, progress));
  };
  try {
    await runTool({ command: "ffmpeg", args: ffmpegArgs(job), toolPath, onLine }, signal);
  } catch (cause) {
    if (!(cause instanceof ToolError)) throw cause;
    if (isDiskFull(cause) || /No space left|Disk quota/i.test(cause.message))
      throw new NoSpaceError("the disk is full", { cause });
    throw new SourceUnavailableError("the audio of this track cannot be converted: it may be damaged", { cause });
  }
}

/** `file:` keeps a path from being read as an option or as another protocol. */
function ffmpegArgs({ from, to, container, target }: ConvertJob): string[] {
  const input = ["-protocol_whitelist", "file", "-f", DEMUXERS[container], "-i", `file:${from}`];
  const output = ["-map", "0:a:0", "-map_metadata", "0", ...ENCODERS[target], `file:${to}`];
  return ["-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-n", ...input, ...output];
}

function secondsLeft({ durationSeconds }: ConvertJob, { seconds, speed }: { seconds: number; speed: number }): number {
  return speed > 0 && durationSeconds > seconds ? Math.ceil((durationSeconds - seconds) / speed) : 0;
}
