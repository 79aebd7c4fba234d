/** Calls that run at once, unless another number is asked for. */
const IN_FLIGHT = 64;

/** Keeps a number of calls running for a while. Returns the calls per second. A call that fails ends it. */
export async function callFor(call: () => Promise<void>, ms: number, inFlight = IN_FLIGHT): Promise<number> {
  const startedAt = performance.now();
  const end = startedAt + ms;
  let calls = 0;
  const lane = async () => {
    while (performance.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (calls * 1000) / (performance.now() - startedAt);
}
