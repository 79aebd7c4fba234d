/** One way to serve and call EchoService, to be compared with the others. */
export interface Stack {
  readonly name: string;
  /** Serves on a free port of 127.0.0.1 and returns it. */
  serve(): Promise<number>;
  /** Connects, and returns what makes one call. */
  connect(port: number): Promise<() => Promise<string>>;
}

/** Sent and answered by every call: what a search asks for, in size. */
export const TEXT = "imagine dragons believer";
