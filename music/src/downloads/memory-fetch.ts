import type { Span } from "@refrain/mesh";
import type { FetchRequest } from "./fetch-queue.js";
import type { Task } from "./task.js";

/** A fetch that runs, waits, or has ended. */
export interface Fetch {
  readonly task: Task;
  readonly request: FetchRequest;
  readonly users: Set<string>;
  /** Aborted when it has to stop; the reason is what its streams end with. */
  readonly stop: AbortController;
  readonly span: Span | undefined;
}
