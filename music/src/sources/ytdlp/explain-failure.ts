import {
  isDiskFull,
  LiveError,
  NoSpaceError,
  SourceUnavailableError,
  TrackNotFoundError,
  UnsupportedUrlError,
} from "../../errors.js";
import { ToolError } from "../../convert/run-tool.js";
import type { SourceProblem } from "../../errors.js";
import type { Program } from "./program.js";

/** What else is known when a run of yt-dlp has failed. */
export interface FailureContext {
  program: Program;
  /** Whether the site is YouTube, which needs a new build and a JavaScript runtime. */
  isYoutube: boolean;
  /** Whether the run was refused an address that is not public. */
  wasBlocked: boolean;
}

type Explain = (cause: ToolError) => Error;

const notFound =
  (sentence: string): Explain =>
  (cause) =>
    new TrackNotFoundError(sentence, { cause });
const unavailable =
  (problem: SourceProblem, sentence: string): Explain =>
  (cause) =>
    new SourceUnavailableError(sentence, { cause, problem });

const NO_FORMATS = notFound("nothing of this track can be fetched");
const NO_JS = unavailable("no_js_runtime", "YouTube needs a JavaScript runtime, and there is none");
const TOO_OLD = unavailable("too_old", "yt-dlp is too old for this site");
const DOWN = unavailable("down", "the site does not answer as it should");

/**
 * What yt-dlp says, and what it means; the first that fits counts. Sites' own words are in there, so nothing of it is passed on.
 * The order matters: “sign in” is said for five reasons.
 */
const MEANINGS: readonly (readonly [RegExp, Explain])[] = [
  [/No space left|Disk quota exceeded/i, (cause) => new NoSpaceError("the disk is full", { cause })],
  [
    /Unsupported URL|is not a valid URL|No suitable (?:extractor|InfoExtractor)|has been disabled/i,
    (cause) => new UnsupportedUrlError("no source handles this link", { cause }),
  ],
  [
    /not a (?:bot|robot)|Please sign in|captcha|unusual traffic/i,
    unavailable("blocked", "the site takes us for a robot and wants us to sign in"),
  ],
  [/HTTP Error 429|Too Many Requests|rate.?limit/i, unavailable("rate_limited", "the site wants us to ask less often")],
  [
    /live event will begin|Premieres in|Premiere will begin|is (?:currently )?(?:a )?live\b|currently live|live stream/i,
    (cause) => new LiveError("this is a live stream, which has no end", { cause }),
  ],
  [
    /members.only|Join this channel|Music Premium|requires payment|for (?:subscribers|members)/i,
    notFound("this track is for members only"),
  ],
  [/confirm your age|age.restricted|inappropriate for some/i, notFound("this track is for adults who are signed in")],
  [/private/i, notFound("this track is private")],
  [/in your (?:country|location|region)|from your location|geo.?restrict/i, notFound("this track cannot be had in this country")],
  [/\bDRM\b/, notFound("this track is protected against copying")],
  [/Requested format is not available|No video formats found/i, NO_FORMATS],
  [/JavaScript runtime|Only images are available|n challenge solving failed/i, NO_JS],
  [
    /removed|unavailable|not available|no longer|does(?: not|n't) exist|deleted|terminated|HTTP Error (?:404|410)/i,
    notFound("this track is not there, or no longer"),
  ],
  [/log ?in required|registered users|Sign in/i, notFound("this track is for those who are signed in")],
  // One track may be refused where all others are not: the site is not called blocked for it.
  [/HTTP Error 40[13]/i, unavailable("down", "the site refuses to send this track")],
  [/timed out|time-?out|HTTP Error 504/i, unavailable("timeout", "the site did not answer in time")],
];

/** Turns the end of yt-dlp into one of our errors; nothing that it or the site wrote is in the message. */
export function explainFailure(cause: unknown, context: FailureContext): unknown {
  if (isDiskFull(cause)) return new NoSpaceError("the disk is full", { cause });
  if (!(cause instanceof ToolError)) return cause;
  if (cause.code === "ENOENT") return unavailable("not_installed", "yt-dlp is not installed")(cause);
  if (cause.code === "EACCES") return unavailable("not_installed", "yt-dlp cannot be run")(cause);
  if (context.wasBlocked) return new UnsupportedUrlError("the link leads to an address that is not public", { cause });
  return explain(cause, context)(cause);
}

function explain({ stderr }: ToolError, { program, isYoutube }: FailureContext): Explain {
  const errors = stderr.split("\n").filter((line) => line.startsWith("ERROR:"));
  const said = (errors.length > 0 ? errors : [stderr]).join("\n");
  const meaning = MEANINGS.find(([pattern]) => pattern.test(said));
  const found = meaning?.[1] ?? DOWN;
  if (!isYoutube || program.kind !== "ready") return found;
  // Without a runtime there are no formats; an old build finds none, or understands nothing any more.
  const noFormats = found === NO_FORMATS;
  if (noFormats && (program.needsJs || /JavaScript runtime/i.test(stderr))) return NO_JS;
  const misunderstood = found === DOWN && /Unable to extract|Failed to extract/i.test(said);
  return program.tooOld && (noFormats || misunderstood) ? TOO_OLD : found;
}
