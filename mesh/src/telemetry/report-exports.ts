import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "../log.js";

/**
 * An exporter that tells once when spans cannot be sent, and once when they can again. Never the error's text: it may name the
 * address, with a password in it.
 */
export function reportExports(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  const report = (error: Error | undefined, failed: boolean) => {
    if (failed === failing) return;
    failing = failed;
    if (failed) logger.warn({ why: kindOf(error) }, "traces cannot be exported: they are dropped until the collector answers");
    else logger.info("traces are exported again");
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        report(result.error, result.code !== ExportResultCode.SUCCESS);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** An HTTP status or a code of the system, such as ECONNREFUSED. */
function kindOf(error: Error | undefined): string {
  const code = error && "code" in error ? error.code : undefined;
  return typeof code === "string" || typeof code === "number" ? String(code) : (error?.name ?? "unknown");
}
