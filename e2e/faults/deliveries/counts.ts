/** Counts by name. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, this.of(name) + by);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Most frequent first. */
  entries(): [name: string, count: number][] {
    return [...this.#counts].toSorted(([, one], [, other]) => other - one);
  }
}
