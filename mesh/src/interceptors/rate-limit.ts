import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { endUserKey } from "../rate-limits/end-user-key.js";
import type { RateLimiter } from "../rate-limits/rate-limiter.js";
import { callerKey, END_USER_HEADER } from "./call-context.js";
import { headerOf } from "./headers.js";

/** Limits of a service. What is undefined is not limited. */
export interface RateLimits {
  /** Of all calls with one key together. */
  readonly caller?: RateLimiter | undefined;
  /** Of single methods, by their local name such as `searchByArtist`: for each end user of a key, as `x-end-user` says. */
  readonly endUser?: { readonly [method: string]: RateLimiter | undefined };
}

type Request = UnaryRequest | StreamRequest;

/** Refuses calls of those who call too often. Without any limit there is no interceptor. */
export function rateLimit({ caller, endUser = {} }: RateLimits): Interceptor | undefined {
  if (!caller && Object.values(endUser).every((limiter) => limiter === undefined)) return undefined;
  const count = async (request: Request, limiter: RateLimiter | undefined): Promise<void> => {
    const name = request.contextValues.get(callerKey);
    await caller?.consume(name);
    await limiter?.consume(endUserKey(name, headerOf(request, END_USER_HEADER) ?? ""));
  };
  return (next) => (request) => {
    const limiter = endUser[request.method.localName];
    if (!caller && !limiter) return next(request);
    if (!request.stream) return count(request, limiter).then(() => next(request));
    return next({ ...request, message: countedAtFirst(request.message, () => count(request, limiter)) });
  };
}

/** A stream counts once its first message has come, and was found valid. */
async function* countedAtFirst<T>(messages: AsyncIterable<T>, count: () => Promise<void>): AsyncGenerator<T> {
  let counted = false;
  for await (const message of messages) {
    if (!counted) await count();
    counted = true;
    yield message;
  }
}
