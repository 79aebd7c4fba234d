/** Tells the time; tests set it. */
export type Clock = () => Date;

/** A moment so many milliseconds later. */
export function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
