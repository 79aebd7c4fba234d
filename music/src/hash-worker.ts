import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { HashAnswer, HashQuestion } from "./hash-file.js";

// Waiting for the disk here holds up nobody, and one buffer serves for all: a stream would ask the thread pool for each piece.
const buffer = Buffer.allocUnsafeSlow(1024 ** 2);

parentPort?.on("message", ({ id, path }: HashQuestion) => {
  const answer: HashAnswer = { id, ...hash(path) };
  parentPort?.postMessage(answer);
});

function hash(path: string): Pick<HashAnswer, "sha256" | "error"> {
  try {
    const file = openSync(path, "r");
    try {
      const sum = createHash("sha256");
      for (let bytes = readSync(file, buffer); bytes > 0; bytes = readSync(file, buffer)) sum.update(buffer.subarray(0, bytes));
      return { sha256: sum.digest("hex") };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { error };
  }
}
