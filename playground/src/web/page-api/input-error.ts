/** A request to the playground's own API that cannot be done: 400 (or `status`) with the message. */
export class InputError extends Error {
  override name = "InputError";
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}
