import type { DescMethod } from "@bufbuild/protobuf";
import type { Attributes, Span } from "@opentelemetry/api";
import { codeName } from "../interceptors/by-method-and-code.js";
import { endSpan } from "./spans.js";

/** `package.Service/Method`: name of a call's spans on both sides. */
export function methodName({ parent, name }: DescMethod): string {
  return `${parent.typeName}/${name}`;
}

/** OpenTelemetry's names for what is called. */
export function methodAttributes(method: DescMethod): Attributes {
  return { "rpc.system.name": "grpc", "rpc.method": methodName(method) };
}

/** Ends the span of a call with its status code; `isFault` as in `endSpan`. */
export function endCallSpan(span: Span, error?: unknown, isFault = true): void {
  span.setAttribute("rpc.response.status_code", codeName(error).toUpperCase());
  endSpan(span, error, isFault);
}
