import { describe, expect, test } from "vitest";
import { ToolError } from "../../convert/run-tool.js";
import { LiveError, NoSpaceError, SourceUnavailableError, TrackNotFoundError, UnsupportedUrlError } from "../../errors.js";
import { explainFailure, type FailureContext } from "./explain-failure.js";
import type { Program } from "./program.js";

const abilities = { jsRuntime: undefined, progressDelta: true };
const fresh: Program = { kind: "ready", version: "2026.08.19", tooOld: false, needsJs: false, abilities };

function explained(stderr: string, more: Partial<FailureContext> = {}, code = "1"): unknown {
  const cause = new ToolError("yt-dlp ended", code, { stderr });
  return explainFailure(cause, { program: fresh, isYoutube: true, wasBlocked: false, ...more });
}

describe("what yt-dlp says", () => {
  test.each([
    ["Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies", "blocked"],
    ["Please sign in. Use --cookies-from-browser or --cookies for the authentication.", "blocked"],
    ["unable to download video data: HTTP Error 403: Forbidden", "down"],
    ["Unable to download API page: HTTP Error 429: Too Many Requests (caused by …)", "rate_limited"],
    ["The current session has been rate-limited by YouTube for up to an hour.", "rate_limited"],
    ["Unable to download webpage: The read operation timed out", "timeout"],
    ["Unable to download webpage: HTTP Error 500: Internal Server Error", "down"],
    ["Unable to download webpage: <urlopen error [Errno 111] Connection refused>", "down"],
    ["Unable to download webpage: <urlopen error Tunnel connection failed: 502 Bad Gateway>", "down"],
    ["dQw: Failed to parse JSON (caused by JSONDecodeError)", "down"],
  ])("%s is a problem of the site: %s", (said, problem) => {
    const error = explained(`WARNING: [youtube] something\nERROR: [youtube] dQw4w9WgXcQ: ${said}\n`);
    expect(error).toBeInstanceOf(SourceUnavailableError);
    expect(error).toMatchObject({ problem });
  });

  test.each([
    "Private video. Sign in if you've been granted access to this video",
    "Video unavailable. This video has been removed by the uploader",
    "Join this channel to get access to members-only content like this video, and other exclusive perks.",
    "Sign in to confirm your age. This video may be inappropriate for some users.",
    "The uploader has not made this video available in your country",
    "This video is not available",
    "Unable to download JSON metadata: HTTP Error 404: Not Found",
    "This video is DRM protected",
    "This track is only available for registered users. Use --cookies",
  ])("%s means that the track cannot be had", (said) => {
    expect(explained(`ERROR: [youtube] dQw4w9WgXcQ: ${said}`)).toBeInstanceOf(TrackNotFoundError);
  });

  test.each([
    ["This live event will begin in 3 hours.", LiveError],
    ["Premieres in 20 minutes", LiveError],
    ["Unsupported URL: https://example.com/", UnsupportedUrlError],
    ["No suitable extractor (Generic) found for URL https://example.com/", UnsupportedUrlError],
    ["unable to write data: [Errno 28] No space left on device", NoSpaceError],
  ])("%s has an error of its own", (said, type) => {
    expect(explained(`ERROR: [youtube] x: ${said}`)).toBeInstanceOf(type);
  });

  test("is never passed on, nor is a path or an address", () => {
    const error = explained("ERROR: [youtube] <b>click here</b> /root/.config http://10.0.0.1:99/?token=x");
    expect(error).toMatchObject({ message: "the site does not answer as it should" });
  });

  test("of a missing format is blamed on what YouTube needs, when that is missing", () => {
    const said = "ERROR: [youtube] x: Requested format is not available. Use --list-formats";
    expect(explained(said)).toBeInstanceOf(TrackNotFoundError);
    expect(explained(said, { program: { ...fresh, needsJs: true } })).toMatchObject({ problem: "no_js_runtime" });
    expect(explained(said, { program: { ...fresh, tooOld: true } })).toMatchObject({ problem: "too_old" });
    expect(explained(said, { program: { ...fresh, tooOld: true }, isYoutube: false })).toBeInstanceOf(TrackNotFoundError);
    const warned = `WARNING: [youtube] No supported JavaScript runtime could be found.\n${said}`;
    expect(explained(warned)).toMatchObject({ problem: "no_js_runtime" });
  });

  test("counts for nothing when the run was led to an address inside", () => {
    expect(explained("ERROR: HTTP Error 403: Forbidden", { wasBlocked: true })).toBeInstanceOf(UnsupportedUrlError);
  });

  test("is that it is not there, when it is not", () => {
    expect(explained("", {}, "ENOENT")).toMatchObject({ problem: "not_installed" });
  });
});
