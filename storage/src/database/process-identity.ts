import { readFileSync, readlinkSync } from "node:fs";

/** Names one process for as long as it lives, and no other after it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Tells apart two processes that got the same pid one after the other; empty where the system does not say. */
  readonly born: string;
  /** Where `pid` means something: other containers count their own. Empty where the system does not say. */
  readonly namespace: string;
}

/** This process, or that of `pid` in the same namespace; undefined when there is none. */
export function identify(pid: number = process.pid): ProcessIdentity | undefined {
  if (pid !== process.pid && !isAlive(pid)) return undefined;
  return { pid, born: birth(pid), namespace: namespace() };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Boot and start time of a process on Linux, where /proc tells. */
function birth(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in brackets and may hold spaces; the start time is the 22nd.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return `${boot}:${start}`;
  } catch {
    // Not Linux: the pid alone has to do.
    return "";
  }
}

function namespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // Not Linux: one machine, one namespace.
    return "";
  }
}
