import sql, { type Sql as Statement } from "sql-template-tag";
import { MAX_ATTEMPTS, MAX_RESENDS } from "./rules.js";

/** Why a delivery (d) of a batch (b) is given up, rather than sent; null while it is not. */
export function verdict(now: Date): Statement {
  return sql`CASE
    WHEN d.resends > ${MAX_RESENDS} THEN 'MAYBE_SENT'
    WHEN d.attempts >= ${MAX_ATTEMPTS} THEN coalesce(nullif(d.failure_reason, ''), 'TOO_MANY_ATTEMPTS')
    WHEN b.expires_at <= ${now} THEN 'EXPIRED' END`;
}
