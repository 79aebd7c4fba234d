type Waiter<T> = { resolve(result: IteratorResult<T>): void; reject(reason: unknown): void };

/** What a queue asks of the call that fills it. */
export interface MessageSource {
  /** Read one more message. Asked for again only after that message, or the end, has come. */
  more(): void;
  /** The reader has left: nothing more is wanted. */
  left(): void;
}

/** Messages between a call and the one who reads them: a few are read ahead, then the sender waits. */
export class MessageQueue<T> implements AsyncIterable<T>, AsyncIterator<T> {
  readonly #messages: T[] = [];
  readonly #readAhead: number;
  readonly #source: MessageSource;
  #waiter: Waiter<T> | undefined;
  #end: { error: unknown } | undefined;
  #reading = false;

  constructor(readAhead: number, source: MessageSource) {
    this.#readAhead = readAhead;
    this.#source = source;
    queueMicrotask(() => this.#fill()); // once the call has started
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this;
  }

  push(message: T): void {
    this.#reading = false;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter) waiter.resolve({ done: false, value: message });
    else this.#messages.push(message);
    this.#fill();
  }

  /** No more messages come; those that wait are still read. */
  end(error?: unknown): void {
    this.#end = { error };
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (!waiter) return;
    if (error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(error);
  }

  next(): Promise<IteratorResult<T>> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      this.#fill();
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    if (!this.#end) this.#source.left();
    return Promise.resolve({ done: true, value: undefined });
  }

  #fill(): void {
    if (this.#reading || this.#end || this.#messages.length >= this.#readAhead) return;
    this.#reading = true;
    this.#source.more();
  }
}
