/** A JSON object of yt-dlp. Sites fill it, so any value may have any type. */
export type Info = Readonly<Record<string, unknown>>;

/** @returns undefined for anything but an object */
export function parseInfo(line: string): Info | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isInfo(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: no object either
  }
}

export function isInfo(value: unknown): value is Info {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOf(info: Info, ...names: readonly string[]): string {
  for (const name of names) {
    const value = info[name];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return "";
}

/** 0 for what is no number, or a negative one. */
export function numberOf(info: Info, ...names: readonly string[]): number {
  for (const name of names) {
    const value = info[name];
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  }
  return 0;
}

export function listOf(info: Info, name: string): readonly Info[] {
  const value = info[name];
  return Array.isArray(value) ? value.filter(isInfo) : [];
}
