import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/** `ok` or the code's name as gRPC spells it, such as `invalid_argument`. */
export function codeName(error?: unknown): string {
  if (error === undefined) return "ok";
  const name = Code[ConnectError.from(error).code] ?? "Unknown";
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/**
 * The series of a metric by method and code. prom-client looks labels up anew each time; there are few, so they are kept.
 *
 * @param labels of a metric with the labels service, method and code
 */
export function byMethodAndCode<Series>(
  labels: (service: string, method: string, code: string) => Series,
): (method: DescMethod, code: string) => Series {
  const byMethod = new Map<DescMethod, Map<string, Series>>();
  return (method, code) => {
    const byCode = byMethod.get(method) ?? new Map<string, Series>();
    if (byCode.size === 0) byMethod.set(method, byCode);
    const series = byCode.get(code) ?? labels(method.parent.typeName, method.name, code);
    byCode.set(code, series);
    return series;
  };
}
