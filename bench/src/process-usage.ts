import { readFile } from "node:fs/promises";

/** Of Linux: units of CPU time in /proc. */
const TICK_MS = 10;

/** What a process has used so far. */
export interface ProcessUsage {
  cpuMs: number;
  rssMb: number;
}

/** Reads a process's CPU time and memory from outside. */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  const rss = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssMb: Number(rss) / 1_000 };
}
