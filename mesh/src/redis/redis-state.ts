import type { Logger } from "../log.js";
import { gauge } from "../metrics.js";

/** Whether Redis answers: a metric, and one line in the log at each change. */
export class RedisState {
  readonly #logger: Logger;
  #answers: boolean | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    // Made here, because without Redis a 0 would be an alarm.
    gauge("refrain_redis_up", "1 while Redis answers, 0 while it does not. Only with REDIS_URL.", () => (this.#answers ? 1 : 0));
  }

  answered(): void {
    if (this.#answers === true) return;
    if (this.#answers === false) this.#logger.info("Redis answers again: limits are shared");
    this.#answers = true;
  }

  /** @param error what it failed with; its message names no password */
  failed(error: Error): void {
    if (this.#answers === false) return;
    this.#answers = false;
    this.#logger.warn({ reason: reasonOf(error) }, "Redis does not answer: limits are counted in this process until it does");
  }
}

/** node:net hides its reasons in an AggregateError without a message when a name has several addresses. */
function reasonOf(error: Error): string {
  return error.message || ("code" in error && String(error.code)) || error.name;
}
