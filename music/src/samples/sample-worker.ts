import { rename, writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { makeSample } from "./make-sample.js";
import { PIECES } from "./pieces.js";
import { sampleFileName } from "./sample-file-name.js";

/** Makes the samples whose numbers are given, and tells the name of each as soon as its file is complete. */
giveWay();
const { folder, pieces }: { folder: string; pieces: number[] } = workerData;
for (const number of pieces) {
  const piece = PIECES[number];
  if (!piece) continue;
  const name = sampleFileName(piece);
  const part = join(folder, `.${name}.part`);
  await writeFile(part, await makeSample(piece));
  await rename(part, join(folder, name));
  parentPort?.postMessage(name);
}

function giveWay() {
  try {
    // On Linux that is this thread's priority alone: the services that start at the same time go first.
    setPriority(constants.priority.PRIORITY_LOW);
  } catch (error) {
    // Where it is not allowed, samples are made a little less politely.
    if (!(error instanceof Error)) throw error;
  }
}
