import type { HomeItem } from "./file-home.js";
import { parseStoredName } from "./file-names.js";
import type { StoreContext } from "./store-context.js";

/** A bucket that others use too is looked at more often. */
const SWEEP_EVERY_MS = { own: 60 * 60_000, shared: 10 * 60_000 };
/** Covers and entries are used together with their audio, but not in the same instant. */
const MARGIN_MS = 60 * 60_000;
const BATCH = 1_000;
const DAMPED = "looking after stored files failed";

type SweepContext = Omit<StoreContext, "ready">;
type Evict = (names: readonly string[], context: StoreContext) => Promise<void>;

/**
 * Reads what lies at home, then keeps it within its bounds, now and then.
 *
 * Covers and entries are used whenever their audio is. So those that nobody has used for longer than the audio that goes next are
 * of no use any more, and it need not be written down anywhere which belongs to which.
 */
export function sweepStore(context: SweepContext, evict: Evict) {
  const { home, kept, closing, logger, now, maxAgeMs } = context;
  const whole = { ...context, ready: Promise.resolve() };

  async function read(): Promise<void> {
    const startedAt = now();
    const items: HomeItem[] = [];
    for await (const item of home.list("files", closing.signal)) if (parseStoredName(item.name)) items.push(item);
    const there = new Set(items.map(({ name }) => name));
    for (const name of kept.names()) {
      const file = kept.get(name);
      if (!there.has(name) && file && file.readers === 0 && file.usedAt < startedAt) kept.delete(name);
    }
    kept.enter(items.filter(({ name }) => !context.removing.has(name)));
  }

  async function tidy(): Promise<void> {
    if (maxAgeMs > 0) await evict(kept.idle("audio", now() - Math.max(maxAgeMs, context.youngMs)), whole);
    await evict(overBound(), whole);
    const before = Math.min(kept.oldestUse() ?? now(), now()) - MARGIN_MS;
    await evict(kept.idle("cover", before), whole);
    await (context.alone ?? run)(() => removeEntries(before));
  }

  async function removeEntries(before: number): Promise<void> {
    const remove = async (names: readonly string[]) => {
      const removed = await home.remove("entries", names, before);
      await context.onChange?.({ added: [], removed });
    };
    let old: string[] = [];
    for await (const { name, usedAt } of home.list("entries", closing.signal)) {
      if (usedAt < before) old.push(name);
      if (old.length < BATCH) continue;
      await remove(old);
      old = [];
    }
    if (old.length > 0) await remove(old);
  }

  function overBound(): string[] {
    try {
      return kept.victims(0);
    } catch {
      return []; // all of it is in use: the next sweep comes
    }
  }

  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!closing.signal.aborted) logger.warn({ err: error }, DAMPED);
    }
  };
  let last = guarded(read);
  const ready = last;
  const sweep = () =>
    (last = last.then(() =>
      guarded(async () => {
        if (home.shared) await read();
        await tidy();
      }),
    ));
  const timer = setInterval(() => void sweep(), home.shared ? SWEEP_EVERY_MS.shared : SWEEP_EVERY_MS.own).unref();
  closing.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return { ready, sweep, idle: () => last };
}

function run<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
