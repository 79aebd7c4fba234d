const CODES = new Set([
  "EACCES",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);
// node-postgres gives these no code.
const MESSAGES =
  /timeout expired|timeout exceeded when trying to connect|Query read timeout|Connection terminated|connection error|after calling end on the pool/i;

/** Whether an error of node-postgres means that the server could not be reached, or was lost; SQLSTATE class 08 included. */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return CODES.has(code) || /^08.{3}$/.test(code) || MESSAGES.test(error.message);
}
