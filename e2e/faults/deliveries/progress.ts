import { setTimeout as wait } from "node:timers/promises";
import type { Orders } from "./creators.js";
import type { Postgres } from "./postgres.js";
import { countOpen } from "./rows.js";

const LOOK_MS = 250;
/** When nothing ends for so long, nothing will. */
const STALLED_MS = 90_000;
const TELL_MS = 15_000;

/** How far the work is, by the database's own count. */
export class Progress {
  readonly #postgres: Postgres;
  readonly #orders: Orders;
  /** Deliveries that are not final. */
  open = 0;
  /** Deliveries that are. */
  ended = 0;

  constructor(postgres: Postgres, orders: Orders) {
    this.#postgres = postgres;
    this.#orders = orders;
  }

  /**
   * Looks again and again. Resolves when `isOver` and nothing is open any more, or when nothing has ended for so long that nothing will:
   * then the proof tells.
   */
  async watch(isOver: () => boolean, signal: AbortSignal): Promise<void> {
    let [movedAt, toldAt] = [Date.now(), Date.now()];
    for (;;) {
      const over = isOver();
      const open = await countOpen(this.#postgres);
      if (open !== undefined) {
        // What was created meanwhile counts as open until its answer is there.
        const ended = Math.max(this.ended, this.#orders.deliveries - open);
        if (ended > this.ended) movedAt = Date.now();
        [this.open, this.ended] = [open, ended];
        if (over && open === 0) return;
      }
      if (Date.now() - movedAt > STALLED_MS) return;
      if (Date.now() - toldAt > TELL_MS) {
        toldAt = Date.now();
        process.stderr.write(`  ${this.ended} deliveries have ended, ${this.open} are open\n`);
      }
      await wait(LOOK_MS, undefined, { signal });
    }
  }
}
