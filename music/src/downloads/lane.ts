/** What of one source runs and waits. */
export interface Lane<Item> {
  /** Runs an item as soon as there is a slot, in the order of the calls. */
  add(item: Item): void;
  /** Takes one out that waits. @returns false when it does not */
  remove(item: Item): boolean;
  /** True when all slots are taken and so many wait. */
  isFull(maxWaiting: number): boolean;
  running(): number;
  waiting(): number;
  /** Resolves when what runs now has ended. */
  idle(): Promise<void>;
}

export interface LaneOptions<Item> {
  /** Items running at once. */
  slots: number;
  /** Never rejects. */
  run: (item: Item) => Promise<void>;
  /** Tells an item that waits its position, from 1, whenever that may have changed. */
  moved: (item: Item, position: number) => void;
}

export function createLane<Item>({ slots, run, moved }: LaneOptions<Item>): Lane<Item> {
  const queue: Item[] = [];
  const running = new Set<Promise<void>>();

  function advance() {
    while (running.size < slots) {
      const item = queue.shift();
      if (item === undefined) break;
      const ended: Promise<void> = run(item).then(() => {
        running.delete(ended);
        advance();
      });
      running.add(ended);
    }
    queue.forEach((item, at) => moved(item, at + 1));
  }

  return {
    add(item) {
      queue.push(item);
      advance();
    },
    remove(item) {
      const at = queue.indexOf(item);
      if (at < 0) return false;
      queue.splice(at, 1);
      advance();
      return true;
    },
    isFull: (maxWaiting) => running.size >= slots && queue.length >= maxWaiting,
    running: () => running.size,
    waiting: () => queue.length,
    async idle() {
      await Promise.all(running);
    },
  };
}
