const DAY_MS = 24 * 3_600_000;

/** The day (UTC) of a time, as `YYYY-MM-DD`. @param daysBefore so many days before it */
export function utcDay(time: Date, daysBefore = 0): string {
  return new Date(time.getTime() - daysBefore * DAY_MS).toISOString().slice(0, 10);
}
