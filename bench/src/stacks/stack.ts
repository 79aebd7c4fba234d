/** One way to serve and call EchoService, to be compared with the others. */
export interface Stack {
  readonly name: string;
  /** Serves on a free port of 127.0.0.1 and returns it. */
  serve(): Promise<number>;
  /** Connects, and returns what makes calls. */
  connect(port: number): Promise<Calls>;
}

export interface Calls {
  /** One call; answers with the text. */
  echo(): Promise<string>;
  /** Opens a stream and reads it to its end. Calls back with each number, from 1 up to `to`. */
  count(to: number, onNumber: (number: number) => void): Promise<void>;
}

/** Sent and answered by every call: what a search asks for, in size. */
export const TEXT = "imagine dragons believer";

/** What each stack's stream sends: all numbers at once, as fast as its reader takes them. */
export function* numbers(to: number): Generator<{ number: number }> {
  for (let number = 1; number <= to; number++) yield { number };
}

/** Reads a stream of Connect's. */
export async function readNumbers(stream: AsyncIterable<{ number: number }>, onNumber: (number: number) => void): Promise<void> {
  for await (const { number } of stream) onNumber(number);
}
