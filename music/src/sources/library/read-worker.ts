import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { directAccess } from "./file-access.js";
import { inspectFile, type Question } from "./inspect-file.js";

/** Calls go first. Linux alone gives threads priorities of their own; elsewhere this would slow the whole process. */
const NICE = 5;
if (process.platform === "linux") setPriority(0, NICE);

// Ended from outside, batch or not.
const { signal } = new AbortController();
const root = String(workerData);

parentPort?.on("message", (questions: readonly Question[]) => {
  void Promise.all(questions.map((question) => inspectFile(root, question, directAccess, signal))).then((answers) =>
    parentPort?.postMessage(answers),
  );
});
