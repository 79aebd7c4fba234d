import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Clock } from "../clock.js";
import type { DayCounts } from "../repo/day-counts.js";
import type { Totals } from "../repo/totals.js";
import { toDayStats } from "../statistics/day-stats.js";
import { utcDay } from "../utc-day.js";

const DEFAULT_DAYS = 7;

export function getStats(
  totals: Totals,
  dayCounts: Pick<DayCounts, "between">,
  now: Clock,
): MethodImpl<typeof StorageService.method.getStats> {
  const statsOfDays = async (number: number) => {
    const today = now();
    const dates = Array.from({ length: number }, (_, daysBefore) => utcDay(today, daysBefore));
    const byDay = new Map(dates.map((date) => [date, new Map<string, bigint>()]));
    const counts = await dayCounts.between(utcDay(today, number - 1), utcDay(today));
    for (const { day, name, value } of counts) byDay.get(day)?.set(name, value);
    return [...byDay].map(([date, values]) => toDayStats(date, values));
  };
  return async ({ days }) => {
    const [users, queue, stats] = await Promise.all([totals.users(), totals.queue(), statsOfDays(days || DEFAULT_DAYS)]);
    const { oldestCreatedAt, ...counts } = queue;
    return {
      users,
      queue: { ...counts, ...(oldestCreatedAt && { oldestCreatedAt: timestampFromDate(oldestCreatedAt) }) },
      days: stats,
    };
  };
}
