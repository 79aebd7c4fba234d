import type { SourceState } from "../source.js";
import { type Program, TOO_OLD_MONTHS } from "./program.js";
import type { Site } from "./site.js";
import { youtube } from "./youtube.js";

/** For `/health`, in the words of whoever has to do something about it. */
export function describeProgram(program: Program, site: Site): SourceState {
  if (program.kind === "missing") return { ok: false, problem: "not_installed", detail: "yt-dlp is not installed" };
  if (program.kind === "broken") return { ok: false, problem: "not_installed", detail: "yt-dlp is installed, but does not run" };
  const name = `yt-dlp ${program.version}`;
  const old = `${name} is older than ${TOO_OLD_MONTHS} months`;
  if (site !== youtube) return { ok: true, detail: program.tooOld ? old : name };
  if (program.tooOld) return { ok: false, problem: "too_old", detail: `${old}, too old for YouTube: update it` };
  if (program.needsJs)
    return { ok: false, problem: "no_js_runtime", detail: `${name} needs Deno, or Node 22 or newer, for YouTube: install one` };
  return { ok: true, detail: name };
}
