import { create } from "@bufbuild/protobuf";
import { DayStatsSchema, type DayStats } from "@refrain/gen/refrain/storage/v1/statistics_pb";
import { FAILED, type CountName } from "./tally.js";

/** Counts of one day as callers get them. @param counts by name; what has none is 0 */
export function toDayStats(date: string, counts: ReadonlyMap<string, bigint>): DayStats {
  const of = (name: CountName) => counts.get(name) ?? 0n;
  const failed = [...counts].filter(([name]) => name.startsWith(FAILED));
  return create(DayStatsSchema, {
    date,
    newUsers: of("new_users"),
    activeUsers: of("active_users"),
    searches: of("searches"),
    searchHits: of("search_hits"),
    deliveriesCreated: of("deliveries_created"),
    deliveriesSent: of("deliveries_sent"),
    deliveriesCancelled: of("deliveries_cancelled"),
    deliveriesResent: of("deliveries_resent"),
    deliveriesFailed: Object.fromEntries(failed.map(([name, value]) => [name.slice(FAILED.length), value])),
  });
}
