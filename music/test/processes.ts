import { readdir, readFile } from "node:fs/promises";

/** Whether no process of a group is alive any more. */
export function groupIsGone(group: number): boolean {
  if (group <= 1) throw new Error("not a process group of ours");
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true; // no such group: what was asked
  }
}

/** Process groups that have a process whose command line contains a text, and not another. Needs `/proc`. */
export async function groupsRunning(text: string, except = "\n"): Promise<Map<number, string[]>> {
  const groups = new Map<number, string[]>();
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    // A process may end while the list is read.
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    if (command.includes(text) && !command.includes(except))
      groups.set(group, [...(groups.get(group) ?? []), command.replaceAll("\0", " ")]);
  }
  return groups;
}
