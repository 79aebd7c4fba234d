import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { type Answer, one } from "./open-answer.js";
import { BadAnswerError } from "./http-errors.js";

/** Encodings that small answers may come in; `readBody` undoes them. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

/**
 * Reads a body into memory. It is counted after it was decompressed, and left alone at the bound, however much would follow.
 *
 * @param tooLarge makes the error for a body of more than `maxBytes`
 */
export async function readBody(source: string, answer: Answer, maxBytes: number, tooLarge: () => Error): Promise<Buffer> {
  const decoder = createDecoder(source, one(answer.headers["content-encoding"]));
  const announced = Number(one(answer.headers["content-length"]) ?? 0);
  if (!decoder && announced > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Whatever breaks one of the two breaks the other; whoever reads the last one hears of it.
  const body: AsyncIterable<Buffer> = decoder ? pipeline(answer.body, decoder, () => undefined) : answer.body;
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    throw isZlibError(cause) ? new BadAnswerError(`${source} sent what cannot be decompressed`, { cause }) : cause;
  }
  return Buffer.concat(chunks, size);
}

function createDecoder(source: string, encoding = "identity"): Transform | undefined {
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new BadAnswerError(`${source} answered in an encoding that was not asked for`);
  }
}

function isZlibError(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return false;
  return cause.code.startsWith("Z_") || cause.code.startsWith("ERR__ERROR_") || cause.code.startsWith("ERR_PADDING");
}
