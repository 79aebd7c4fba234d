/**
 * Passes a stream on and reports its end once: with the error that ended it, with nothing when it was complete, or with
 * `leftEarly` when the reader went away before.
 *
 * @param onEnd may return another error to throw in place of the one given
 */
export async function* watchStream<T>(
  messages: AsyncIterable<T>,
  leftEarly: unknown,
  onEnd: (error?: unknown) => unknown,
): AsyncGenerator<T> {
  let ended = false;
  try {
    yield* messages;
    ended = true;
    onEnd();
  } catch (error) {
    ended = true;
    throw onEnd(error) ?? error;
  } finally {
    if (!ended) onEnd(leftEarly);
  }
}
