import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { AudioFile } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { exactly, figure, type Finding } from "../lab/finding.js";
import { MUSIC_KEY } from "../lab/lab.js";
import type { Replica } from "./stage.js";

/** A file, and the hash that it has at the source. */
export interface ExpectedFile {
  readonly file: AudioFile;
  readonly sha256: string;
}

/** Bytes that a range leaves out at both ends. */
const LEFT_OUT = 1_000;
const READ_MS = 30_000;
const MAX_TRIES = 5;
/** Files that are read at the same time. */
const TOGETHER = 8;

/** Reads every file from every replica, whole and in part. */
export async function readFiles(replicas: readonly Replica[], files: readonly ExpectedFile[]): Promise<Finding[]> {
  let [elsewhere, wrong, wrongRanges] = [0, 0, 0];
  const reads = replicas.flatMap((replica) => files.map((file) => ({ replica, ...file })));
  const read = async ({ replica, file, sha256 }: (typeof reads)[number]) => {
    if (!existsSync(join(replica.dataDir, "music", file.fileUrl))) elsewhere += 1;
    const whole = await get(replica, file);
    const good = whole?.status === 200 && hashOf(whole.bytes) === sha256 && file.sha256 === sha256;
    if (!good) wrong += 1;
    const [from, to] = [LEFT_OUT, Number(file.sizeBytes) - LEFT_OUT];
    const part = await get(replica, file, `bytes=${from}-${to - 1}`);
    if (part?.status !== 206 || !whole || !part.bytes.equals(whole.bytes.subarray(from, to))) wrongRanges += 1;
  };
  const left = reads.values();
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      for (const one of left) await read(one);
    }),
  );
  return [
    figure("files read over HTTP, from every replica", reads.length),
    figure("of those from a replica that does not have it", elsewhere),
    exactly("of those without the right bytes", wrong, 0),
    exactly("ranges without the right bytes", wrongRanges, 0),
  ];
}

/** Asks again when it is told to, as a client does. Undefined: there was no answer. */
async function get(replica: Replica, file: AudioFile, range?: string) {
  for (let tries = 1; ; tries++) {
    const answer = await getOnce(replica, file, range);
    if (answer?.status !== 503 || tries === MAX_TRIES) return answer;
    await wait(1_000);
  }
}

async function getOnce({ process }: Replica, { fileUrl }: AudioFile, range?: string) {
  const headers = { authorization: `Bearer ${MUSIC_KEY}`, ...(range !== undefined && { range }) };
  try {
    const url = `http://${process.address("http")}${fileUrl}`;
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(READ_MS) });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  } catch {
    return undefined; // the figures tell
  }
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
