/** In milliseconds. */
export interface RunTimes {
  /** A search or a list. Default: 30 s; those who ask have deadlines of their own. */
  ask: number;
  /** Tracks of a list that are looked up one by one: those that were found by then are the list. Default: 11 s. */
  entries: number;
  /** The look-up before a fetch. Default: 60 s. */
  lookUp: number;
  /** A fetch. Default: 1 h. */
  fetch: number;
  /** Without a byte. Default: 60 s. */
  stall: number;
}
