/** A refusal as Telegram words it: HTTP status, `description`, and `parameters` for a 429. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, description: string, retryAfterSeconds?: number) {
    super(description);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 400 with Telegram's prefix; like the real server it lowers the first letter unless the text is a CODE. */
export function badRequest(text: string): ApiError {
  const isCode = /^[A-Z]{2}/.test(text);
  return new ApiError(400, `Bad Request: ${isCode ? text : text.charAt(0).toLowerCase() + text.slice(1)}`);
}

/** 429 with `parameters.retry_after`. */
export function tooManyRequests(retryAfterSeconds: number): ApiError {
  return new ApiError(429, `Too Many Requests: retry after ${retryAfterSeconds}`, retryAfterSeconds);
}

/** 409: somebody else reads the updates. */
export function conflict(text: string): ApiError {
  return new ApiError(409, `Conflict: ${text}`);
}
