/** `3:24`, `1:02:03`; seconds may be broken or unknown. */
export function clock(seconds: number): string {
  const whole = Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
  const pad = (part: number): string => String(part).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** `820 kB`, `4.8 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${Math.round(count / 1000)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `14:05`, from Unix seconds. */
export function timeOfDay(unixSeconds: number): string {
  return TIME.format(unixSeconds * 1000);
}

/** `22 November`, or `Today`. */
export function dayOf(unixSeconds: number): string {
  const day = DAY.format(unixSeconds * 1000);
  return day === DAY.format(Date.now()) ? "Today" : day;
}
