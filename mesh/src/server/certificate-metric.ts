import { Gauge } from "prom-client";
import { metrics } from "../metrics.js";

/** Shows under /metrics when the certificate of this process ends, so that it is renewed before somebody notices. */
export function recordCertificateEnd(unixSeconds: number | undefined): void {
  if (unixSeconds === undefined) return;
  const name = "refrain_tls_certificate_end_timestamp_seconds";
  const help = "When the certificate that this process shows ends, in Unix seconds.";
  const existing = metrics.getSingleMetric(name);
  const gauge = existing instanceof Gauge ? existing : new Gauge({ name, help, registers: [metrics] });
  gauge.set(unixSeconds);
}
