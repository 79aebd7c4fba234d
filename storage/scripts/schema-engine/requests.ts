import { createInterface } from "node:readline";
import type { SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { createEngine, type Engine } from "./engine.js";

/** Prisma's number for an error whose text is in `data`. */
const ENGINE_ERROR = 4466;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** Answers the command's JSON-RPC requests, one line each, in order, until it closes stdin. */
export async function answerRequests(factory: SqlMigrationAwareDriverAdapterFactory): Promise<void> {
  let engine: Engine | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = parse(line);
    if (request === undefined) continue;
    try {
      engine ??= await createEngine(factory, print);
      send({ id: request.id, result: (await engine(request.method, request.params)) ?? null });
    } catch (error) {
      send({
        id: request.id,
        error: { code: ENGINE_ERROR, message: "An error happened. Check the data field for details.", data: describe(error) },
      });
    }
  }
}

/** Undefined for an empty line and for the command's answers to `print`. */
function parse(line: string): Request | undefined {
  if (line.trim() === "") return undefined;
  const message = JSON.parse(line) as Partial<Request>;
  const { id, method, params } = message;
  return id === undefined || method === undefined ? undefined : { id, method, params };
}

function print(content: string): void {
  send({ id: 0, method: "print", params: { content } });
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function describe(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const { code, meta } = (error instanceof Error ? error : {}) as { code?: unknown; meta?: unknown };
  return { is_panic: false, message, error_code: code, meta: meta ?? {} };
}
