import { parentPort, workerData } from "node:worker_threads";
import { inspectFile, type Question } from "./inspect-file.js";

// Ended from outside, batch or not.
const { signal } = new AbortController();
const root = String(workerData);

parentPort?.on("message", (questions: readonly Question[]) => {
  void Promise.all(questions.map((question) => inspectFile(root, question, signal))).then((answers) =>
    parentPort?.postMessage(answers),
  );
});
