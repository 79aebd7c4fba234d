import { AsyncLocalStorage } from "node:async_hooks";
import { inSpan, type Logger } from "@refrain/mesh";
import type { Hooks } from "gramio";
import type { Clock } from "../clock.js";
import { telegramCode, telegramDuration } from "../metrics.js";
import { within } from "../within.js";
import { isNotModified, retryAfterMs, wasNeverSent, withoutToken } from "./call-errors.js";

/** Milliseconds one attempt may take. Uploads move up to 50 MB; a long poll holds for 30 s by design. */
const ATTEMPT_MS: Readonly<Record<string, number>> = { sendAudio: 180_000, getUpdates: 40_000 };
const DEFAULT_ATTEMPT_MS = 10_000;
const MAX_ATTEMPTS = 4;
/** A longer ban than this is an answer, not a delay. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Calls that may have been carried out although no answer came: these can be made again without harm. */
const REPEATABLE = /^(get|set|edit|answer|delete)/;

const callerSignal = new AsyncLocalStorage<AbortSignal>();

/** Makes calls that end when the signal fires: gramio's methods take no signal. */
export function withSignal<Result>(signal: AbortSignal, call: () => Promise<Result>): Promise<Result> {
  return callerSignal.run(signal, call);
}

/** Options of `fetch` for gramio, which reads them once per request: so each request gets the signal of its own call. */
export const fetchOptions: RequestInit = {
  get signal() {
    return callerSignal.getStore() ?? null;
  },
};

export interface CallPolicyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fires when the bot stops: ends every call. */
  readonly stop: AbortSignal;
  /** Never shown in an error. */
  readonly token: string;
}

/**
 * What happens around every call to Telegram: a deadline per attempt, the wait that a 429 asks for, and a few more attempts
 * after 5xx and network failures where repeating does no harm. “message is not modified” counts as done.
 * `getUpdates` is tried once: its loop has its own patience.
 */
export function callPolicy({ clock, logger, stop, token }: CallPolicyOptions): Hooks.OnApiCall {
  async function attempt(method: string, next: () => Promise<unknown>): Promise<unknown> {
    const timeoutMs = ATTEMPT_MS[method] ?? DEFAULT_ATTEMPT_MS;
    const startedAt = performance.now();
    const measure = (code: string) => telegramDuration.observe({ method, code }, (performance.now() - startedAt) / 1_000);
    try {
      const answer = await within(timeoutMs, [stop, callerSignal.getStore()], (signal) => callerSignal.run(signal, next));
      measure(telegramCode());
      return answer;
    } catch (error) {
      measure(telegramCode(error));
      throw error;
    }
  }

  async function call(method: string, params: object | undefined, next: () => Promise<unknown>): Promise<unknown> {
    const whole = { ...params };
    for (let tries = 1; ; tries++) {
      try {
        // gramio takes the files out of the parameters when it sends them; another attempt needs them again.
        if (params) Object.assign(params, whole);
        return await attempt(method, next);
      } catch (error) {
        if (isNotModified(error)) return true;
        const signal = callerSignal.getStore() ?? stop;
        const delayMs = method === "getUpdates" || tries === MAX_ATTEMPTS ? undefined : delayBeforeRetryMs(method, error, tries);
        if (delayMs === undefined || signal.aborted || stop.aborted) throw withoutToken(error, method, token);
        if (retryAfterMs(error)) logger.warn({ method, delay_ms: delayMs }, "Telegram asks to slow down");
        await within(delayMs + DEFAULT_ATTEMPT_MS, [stop, signal], (either) => clock.wait(delayMs, either));
      }
    }
  }

  // The name of the method is all that a span knows of it: its address holds the token, its parameters the listener's chat.
  return ({ method, params }, next) => inSpan(`telegram ${method}`, { outgoing: true }, () => call(method, params, next));
}

function delayBeforeRetryMs(method: string, error: unknown, tries: number): number | undefined {
  const asked = retryAfterMs(error);
  if (asked !== undefined) return asked <= MAX_RETRY_AFTER_MS ? asked : undefined;
  if (wasNeverSent(error)) return 250 * 2 ** tries;
  if (!REPEATABLE.test(method) || isRefusal(error)) return undefined;
  return 250 * 2 ** tries;
}

/** Telegram understood the call and said no. */
function isRefusal(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && Number(error.code) < 500;
}
