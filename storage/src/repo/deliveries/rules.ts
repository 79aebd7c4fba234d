/** Claims that may end in an attempt to send. Those after them are only there to tell the listener. */
export const MAX_ATTEMPTS = 5;
/** Claims to tell the listener: whatever kills its claimer each time is not handed out for ever. */
export const MAX_FAREWELLS = 3;
/** How often an audio may have arrived without our knowing before it is given up. */
export const MAX_RESENDS = 1;
/** Unfinished deliveries of one user of one bot. */
export const MAX_OPEN = 1_000;
export const DEFAULT_LEASE_MS = 30_000;
export const DEFAULT_TTL_SECONDS = 86_400;
/** What one delivery costs its user in the queue: somebody else's that came up to so much later may go first. */
export const TURN_MS = 5_000;

const FIRST_BACKOFF_MS = 5_000;
const MAX_BACKOFF_MS = 300_000;
/** Spread of backoffs, so that what failed together does not come back together. */
const JITTER = 0.25;

/** Time until the next attempt. @param attempts made so far, from 1 */
export function backoffMs(attempts: number): number {
  const base = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts - 1));
  return Math.round(base * (1 - JITTER * Math.random()));
}
