import { onTestFinished } from "vitest";
import { systemClock } from "../src/clock.js";
import { createMemoryQueue } from "../src/downloads/memory-queue.js";
import { describeDownloads } from "./downloads-suite.js";

describeDownloads("in one process", async (options) => {
  const queue = createMemoryQueue({ ...options, clock: systemClock });
  onTestFinished(() => queue.close());
  return queue;
});
