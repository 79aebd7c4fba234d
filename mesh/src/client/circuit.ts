import { Code, ConnectError } from "@connectrpc/connect";
import CircuitBreaker from "opossum";
import { serviceError } from "../errors/service-error.js";
import { countsAsFailure } from "../errors/verdict.js";

export type CircuitState = "closed" | "half_open" | "open";

/** Shares of failures are looked at over so long, in milliseconds. */
const WINDOW_MS = 10_000;
/** Below so many calls in the window their share says nothing. */
const MIN_CALLS = 20;
/** opossum opens above this percentage, and a half is enough. */
const FAILURE_PERCENTAGE = 49.99;
const MAX_FAILURES_IN_A_ROW = 5;

export interface CircuitOptions {
  /** Of the method, for the error. */
  name: string;
  /** Time until a call is tried after it opened, in milliseconds. */
  resetMs: number;
  /** Told of each change. */
  onState: (state: CircuitState) => void;
  /** Told of each call that is not tried. */
  onRefused?: () => void;
}

/** What opossum takes for a breaker that lets one call through; of its fields it reads these. */
const HALF_OPEN = { enabled: true, closed: false, halfOpen: true, warmUp: false, shutdown: false } as CircuitBreaker.State;

type Attempt<Request, Response> = (request: Request) => Promise<Response>;
type Breaker = CircuitBreaker<[attempt: Attempt<unknown, unknown>, request: unknown]>;

const run = <Request, Response>(attempt: Attempt<Request, Response>, request: Request) => attempt(request);

/**
 * The circuit breaker of one method: opens when half of at least 20 attempts in 10 s failed, or 5 in a row; lets one
 * attempt through after `resetMs`, and closes when that is answered.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  #breaker: Breaker;
  #openedAt = 0;
  #failuresInARow = 0;
  /** Attempts that ended in a way that counts: those that were answered, and those that failed in a row. */
  #ends = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#breaker = this.#create();
  }

  get state(): CircuitState {
    if (this.#breaker.closed) return "closed";
    return this.#breaker.halfOpen ? "half_open" : "open";
  }

  /** Time until the next call is tried, in milliseconds; 0 unless it is open. */
  get retryAfterMs(): number {
    return this.state === "open" ? Math.max(0, this.#openedAt + this.#options.resetMs - Date.now()) : 0;
  }

  /** @throws ConnectError UNAVAILABLE with CIRCUIT_OPEN while it is open; whatever the attempt throws */
  async fire<Request, Response>(attempt: Attempt<Request, Response>, request: Request): Promise<Response> {
    const endsBefore = this.#ends;
    try {
      const response = await this.#breaker.fire(attempt as Attempt<unknown, unknown>, request);
      this.#answered();
      return response as Response; // opossum hands through what the attempt resolves with
    } catch (error) {
      if (error instanceof Error && CircuitBreaker.isOurError(error)) throw this.#refusal(error);
      this.#failed(error, endsBefore);
      throw error;
    }
  }

  /** A stream that had opened broke. */
  streamFailed(error: ConnectError): void {
    if (!this.#breaker.closed || !countsAsFailure(error)) return;
    this.fire(() => Promise.reject(error), undefined).catch(() => {}); // to have it counted is all
  }

  /** Lets the next call through without waiting: there is a sign that the service is back. */
  tryNow(): void {
    if (!this.#breaker.opened) return;
    this.#breaker.shutdown();
    this.#breaker = this.#create(HALF_OPEN);
    this.#options.onState("half_open");
  }

  close(): void {
    this.#breaker.shutdown();
  }

  #answered(): void {
    this.#ends += 1;
    this.#failuresInARow = 0;
  }

  /**
   * In a row is what began after the last answer and after the last failure. When a replica dies, everything that was under
   * way there fails at once: that is one failure, not many.
   */
  #failed(error: unknown, endsBefore: number): void {
    if (!countsAsFailure(error)) {
      if (ConnectError.from(error).code !== Code.Canceled) this.#answered();
      return;
    }
    if (endsBefore !== this.#ends) return;
    this.#ends += 1;
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= MAX_FAILURES_IN_A_ROW && this.#breaker.closed) this.#breaker.open();
  }

  #refusal(cause: Error): ConnectError {
    const { name, onRefused } = this.#options;
    onRefused?.();
    // Half-open: another call is being tried, and is answered soon.
    const retryAfterMs = Math.max(this.retryAfterMs, 1_000);
    return serviceError(Code.Unavailable, "CIRCUIT_OPEN", `${name} has failed too often: not tried again yet`, {
      cause,
      retryAfterMs,
    });
  }

  #create(state?: CircuitBreaker.State): Breaker {
    const breaker: Breaker = new CircuitBreaker(run, {
      timeout: false, // the deadline owns time
      volumeThreshold: MIN_CALLS,
      errorThresholdPercentage: FAILURE_PERCENTAGE,
      rollingCountTimeout: WINDOW_MS,
      resetTimeout: this.#options.resetMs,
      // A failure would cost milliseconds with many calls in the window.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => this.#isAnswer(error),
      ...(state && { state }),
    });
    return this.#listen(breaker);
  }

  /** A call that its caller cancelled tells nothing; as the trial of an open circuit it must not close it. */
  #isAnswer(error: unknown): boolean {
    if (ConnectError.from(error).code === Code.Canceled) return this.#breaker.closed;
    return !countsAsFailure(error);
  }

  #listen(breaker: Breaker): Breaker {
    breaker.on("open", () => {
      this.#openedAt = Date.now();
      this.#failuresInARow = 0;
      this.#options.onState("open");
    });
    breaker.on("halfOpen", () => this.#options.onState("half_open"));
    breaker.on("close", () => this.#options.onState("closed"));
    return breaker;
  }
}
