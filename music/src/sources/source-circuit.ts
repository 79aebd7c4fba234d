import { performance } from "node:perf_hooks";
import CircuitBreaker from "opossum";
import {
  CircuitOpenError,
  LiveError,
  type SourceProblem,
  SourceUnavailableError,
  TooLargeError,
  TooLongError,
  TrackNotFoundError,
  UnsupportedUrlError,
} from "../errors.js";
import { FailureRow } from "./failure-row.js";

export type CircuitState = "closed" | "half_open" | "open";

export interface SourceCircuitOptions {
  /** Name of the source. */
  name: string;
  /** Told of each change, with what the source failed with last. */
  onState: (state: CircuitState, problem: SourceProblem) => void;
  /** Time until the first trial, in milliseconds. Default: 30,000. */
  firstTrialMs?: number | undefined;
  /** A timeout counts only after so long, in milliseconds. Default: 5,000. */
  slowMs?: number | undefined;
}

/** Shares of failures are looked at over so long, in milliseconds. */
const WINDOW_MS = 60_000;
/** Below so many calls in the window their share says nothing. */
const MIN_CALLS = 10;
/** opossum opens above this percentage, and a half is enough. */
const FAILURE_PERCENTAGE = 49.99;
const MAX_FAILURES_IN_A_ROW = 5;
const FIRST_TRIAL_MS = 30_000;
/** The wait doubles with each trial that fails, up to this. */
const LAST_TRIAL_MS = 10 * 60_000;
/** After a trial that told nothing. */
const RETRIAL_MS = 1_000;
/** A caller in a hurry says little of the source: only what took so long before it was ended counts as a timeout. */
const SLOW_MS = 5_000;

/** Problems that the next call has too: the first one opens the circuit, and the first trial waits so long, in times of the usual. */
const PATIENCE: Partial<Record<SourceProblem, number>> = {
  rate_limited: 2,
  blocked: 4,
  not_installed: 20,
  too_old: 20,
  no_js_runtime: 20,
};

interface Attempt {
  readonly work: () => Promise<unknown>;
  /** What it is about, when it is about one track or list. */
  readonly subject: string | undefined;
  readonly startedAt: number;
  /** What its failure stands in. */
  readonly row: FailureRow;
  readonly endsBefore: number;
  /** It began before the circuit opened, so that it tells nothing of the source since. */
  readonly isEarlier: () => boolean;
}

/**
 * The circuit breaker of one source: opens after 5 failures in a row, when half of at least 10 calls in 60 s failed, or at the first
 * failure that the next call would meet too; lets one call through after a while, and closes when that is answered.
 *
 * A source that answers "no such track" is well. So is one where the same track fails again and again.
 */
export class SourceCircuit {
  readonly #options: SourceCircuitOptions;
  readonly #settings: CircuitBreaker.Options<[Attempt]>;
  readonly #breaker: CircuitBreaker<[Attempt]>;
  readonly #firstTrialMs: number;
  /** From an opening to the trial; grows with each trial that fails. */
  #waitMs: number;
  #problem: SourceProblem = "down";
  #trialAt = 0;
  readonly #asks = new FailureRow();
  /** A site that answers questions may still refuse its files: these are counted apart. */
  readonly #fetches = new FailureRow();
  #openings = 0;

  constructor(options: SourceCircuitOptions) {
    this.#options = options;
    this.#firstTrialMs = options.firstTrialMs ?? FIRST_TRIAL_MS;
    this.#waitMs = this.#firstTrialMs;
    this.#settings = {
      timeout: false, // deadlines own time
      volumeThreshold: MIN_CALLS,
      errorThresholdPercentage: FAILURE_PERCENTAGE,
      rollingCountTimeout: WINDOW_MS,
      resetTimeout: this.#firstTrialMs, // read anew each time it opens
      // A failure would cost milliseconds with many calls in the window.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown, attempt?: Attempt) => attempt === undefined || !this.#isFailure(error, attempt),
    };
    this.#breaker = new CircuitBreaker((attempt: Attempt) => attempt.work(), this.#settings);
    this.#listen();
  }

  get state(): CircuitState {
    if (this.#breaker.closed) return "closed";
    return this.#breaker.halfOpen ? "half_open" : "open";
  }

  /** What the source failed with last. */
  get problem(): SourceProblem {
    return this.#problem;
  }

  /** Until the next call is tried; 0 unless it is open. */
  get retryAfterSeconds(): number {
    return this.state === "open" ? Math.max(1, Math.ceil((this.#trialAt - performance.now()) / 1000)) : 0;
  }

  /** @throws CircuitOpenError while it is open; whatever the work throws */
  async run<T>(work: () => Promise<T>, subject?: string): Promise<T> {
    const answer = await this.#fire(this.#attempt(work, subject, this.#asks));
    return answer as T; // opossum hands through what the work resolves with
  }

  /** Runs what may take long, such as a fetch: how it ends counts, but it is never the trial that everybody waits for. */
  async watch<T>(work: () => Promise<T>, subject: string): Promise<T> {
    const attempt = this.#attempt(work, subject, this.#fetches);
    try {
      const answer = await work();
      this.#answered();
      return answer;
    } catch (error) {
      if (this.#breaker.closed) await this.#fire({ ...attempt, work: () => Promise.reject(error) }).catch(() => {}); // it was to be counted
      throw error;
    }
  }

  /** There is a sign that the source is well again: calls are let through. */
  reset(): void {
    this.#breaker.close();
  }

  close(): void {
    this.#breaker.shutdown();
  }

  #attempt(work: () => Promise<unknown>, subject: string | undefined, row: FailureRow): Attempt {
    const openings = this.#openings;
    const isEarlier = () => openings !== this.#openings;
    return { work, subject, startedAt: performance.now(), row, endsBefore: row.ends, isEarlier };
  }

  async #fire(attempt: Attempt): Promise<unknown> {
    try {
      const answer = await this.#breaker.fire(attempt);
      this.#asks.answered();
      return answer;
    } catch (error) {
      if (error instanceof Error && CircuitBreaker.isOurError(error)) throw this.#refusal();
      if (this.#breaker.closed && (attempt.row.length >= MAX_FAILURES_IN_A_ROW || this.#isHopeless(error))) this.#breaker.open();
      throw error;
    }
  }

  #answered(): void {
    this.#asks.answered();
    this.#fetches.answered();
  }

  /** The next call would meet the same. */
  #isHopeless(error: unknown): boolean {
    return error instanceof SourceUnavailableError && PATIENCE[error.problem] !== undefined;
  }

  /** Asked by opossum, once for each attempt that failed. What is no failure closes a circuit that is half open. */
  #isFailure(error: unknown, attempt: Attempt): boolean {
    if (isAnswer(error)) {
      attempt.row.answered();
      return false;
    }
    const counts = error instanceof SourceUnavailableError && !attempt.isEarlier() && this.#counts(error.problem, attempt);
    if (counts) this.#problem = error.problem;
    const patientMs = counts ? (PATIENCE[error.problem] ?? 0) * this.#firstTrialMs : 0;
    if (this.#breaker.closed) {
      if (!counts) return false;
      attempt.row.failed(attempt.subject, attempt.endsBefore);
      this.#wait(Math.max(this.#firstTrialMs, patientMs));
    } else if (counts) this.#wait(Math.max(2 * this.#waitMs, patientMs));
    // A trial that its caller ended tells nothing: the next call is one again.
    else if (this.#breaker.halfOpen) this.#settings.resetTimeout = Math.min(RETRIAL_MS, this.#waitMs);
    return true;
  }

  #wait(ms: number): void {
    this.#waitMs = Math.min(LAST_TRIAL_MS, ms);
    this.#settings.resetTimeout = this.#waitMs;
  }

  /** Not what one track fails with again, nor what a caller in a hurry did not wait for. */
  #counts(problem: SourceProblem, { subject, startedAt, row }: Attempt): boolean {
    if (PATIENCE[problem] !== undefined) return true;
    if (this.#breaker.closed && row.has(subject)) return false;
    return problem !== "timeout" || performance.now() - startedAt >= (this.#options.slowMs ?? SLOW_MS);
  }

  #refusal(): CircuitOpenError {
    // Half open: another call is being tried, and is answered soon.
    return new CircuitOpenError(this.#options.name, this.#problem, Math.max(1, this.retryAfterSeconds));
  }

  #listen(): void {
    const { onState } = this.#options;
    this.#breaker.on("open", () => {
      this.#trialAt = performance.now() + (this.#settings.resetTimeout ?? this.#waitMs);
      this.#openings += 1;
      this.#answered();
      onState("open", this.#problem);
    });
    this.#breaker.on("halfOpen", () => onState("half_open", this.#problem));
    this.#breaker.on("close", () => {
      this.#wait(this.#firstTrialMs);
      onState("closed", this.#problem);
    });
  }
}

/** Whether the source itself said no. What a caller ended says nothing; a bug of ours neither. */
function isAnswer(error: unknown): boolean {
  return ANSWERS.some((answer) => error instanceof answer);
}

const ANSWERS = [TrackNotFoundError, LiveError, TooLongError, TooLargeError, UnsupportedUrlError];
