import { parentPort, workerData } from "node:worker_threads";
import { scaleCover } from "./scale-cover.js";

// Decoding a large picture takes up to seconds: not on the thread that answers calls.
if (!(workerData instanceof Uint8Array)) throw new Error("expected the bytes of a picture");
parentPort?.postMessage(scaleCover(workerData));
