import type { MethodImpl } from "@connectrpc/connect";
import { ChartPeriod } from "@refrain/gen/refrain/storage/v1/statistics_pb";
import type { StorageService } from "@refrain/gen/refrain/storage/v1/storage_service_pb";
import type { Charts, ChartPeriod as Period } from "../repo/charts.js";
import { toTrack } from "../track-record.js";

const DEFAULT_LIMIT = 20;

const PERIODS: Readonly<Record<ChartPeriod, Period>> = {
  [ChartPeriod.UNSPECIFIED]: "all_time",
  [ChartPeriod.DAY]: "day",
  [ChartPeriod.WEEK]: "week",
  [ChartPeriod.ALL_TIME]: "all_time",
};

export function listTopTracks(charts: Pick<Charts, "top">): MethodImpl<typeof StorageService.method.listTopTracks> {
  return async ({ period, limit }) => {
    const tracks = await charts.top(PERIODS[period], limit || DEFAULT_LIMIT);
    return { tracks: tracks.map(({ track, plays }) => ({ track: toTrack(track), plays })) };
  };
}
