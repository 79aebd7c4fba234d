import type { Fault, FaultKind } from "../../shapes/page-api.js";
import { InputError } from "./input-error.js";

const KINDS: readonly FaultKind[] = ["rate_limit", "bad_gateway", "cut", "delay", "blocked", "flood", "duplicate_update"];
const MAX_DELAY_MS = 60_000;

/** Reads `{kind, method?, times?, retry_after?, delay_ms?}`. Defaults: method `*`, times null (until deleted), 3 s, 2,000 ms. */
export function readFault(input: Record<string, unknown>): Omit<Fault, "id"> {
  const kind = KINDS.find((candidate) => candidate === input["kind"]);
  if (kind === undefined) throw new InputError(`kind is one of ${KINDS.join(", ")}`);
  const method = input["method"] ?? "*";
  if (typeof method !== "string" || !/^(\*|[A-Za-z]{1,64})$/.test(method))
    throw new InputError("method is a Bot API method or *");
  return {
    kind,
    // These two are about everything that is sent or delivered, not about one method.
    method: kind === "flood" || kind === "duplicate_update" ? "*" : method,
    remaining: input["times"] == null ? null : whole(input, "times", 1, 1, 10_000),
    retry_after: whole(input, "retry_after", 3, 1, 3600),
    delay_ms: whole(input, "delay_ms", 2000, 0, MAX_DELAY_MS),
  };
}

function whole(input: Record<string, unknown>, name: string, fallback: number, min: number, max: number): number {
  const value = input[name] ?? fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new InputError(`${name} is a whole number from ${min} to ${max}`);
  }
  return value;
}
