import { Code, ConnectError } from "@connectrpc/connect";
import { errorMetadata, reasonOf, retryAfterMs } from "@refrain/mesh";
import { TelegramError } from "gramio";
import type { TextKey, Words } from "../i18n/words.js";
import { size } from "./numbers.js";

/** What the listener wanted when it went wrong: it decides what to say of a service that does not answer. */
export type Area = "search" | "download" | "collection";

const DOWN: Readonly<Record<Area, TextKey>> = {
  search: "error.search_down",
  download: "error.download_down",
  collection: "error.collection_down",
};

/** Says in plain words what went wrong. Never a code, an id or the name of a service. */
export function sayError(words: Words, error: unknown, area: Area): string {
  if (error instanceof TelegramError && area === "download") {
    return words.say(error.code === 413 ? "error.too_large" : "error.not_sent");
  }
  if (!(error instanceof ConnectError)) return words.say(area === "download" ? "error.download_down" : "error.unexpected");
  const metadata = errorMetadata(error);
  switch (reasonOf(error) ?? "") {
    case "TOO_LONG": {
      const minutes = Math.floor(Number(metadata["limit_seconds"]) / 60);
      return minutes > 0 ? words.say("error.too_long_than", { count: minutes }) : words.say("error.too_long");
    }
    case "TOO_LARGE": {
      const bytes = Number(metadata["limit_bytes"]);
      return bytes > 0 ? words.say("error.too_large_than", { size: size(words, bytes) }) : words.say("error.too_large");
    }
    case "LIVE":
      return words.say("error.live");
    case "TRACK_NOT_FOUND":
    case "TASK_NOT_FOUND":
    case "SAVED_TRACK_NOT_FOUND":
    case "TRACK_KEY_MISMATCH":
      return words.say("error.gone");
    case "TAKEN_DOWN":
      return words.say("error.taken_down");
    case "UNSUPPORTED_URL":
      return words.say("error.unsupported");
    case "FORMAT_UNAVAILABLE":
      return words.say("error.format");
    case "DOWNLOAD_CANCELLED":
      return words.say("error.cancelled");
    case "RATE_LIMITED": {
      const running = Number(metadata["limit_running"]);
      // When one will have arrived is a guess, and their cards tell more.
      if (running > 0) return words.say("error.too_many_running", { count: running });
      return waiting(words, error, "error.too_often", "error.too_often_in");
    }
    case "PAGE_TOKEN_INVALID":
      return words.say("button.old");
    case "NO_SPACE":
    case "QUEUE_FULL":
      return words.say("error.busy");
    case "SOURCE_UNAVAILABLE":
      return area === "download" ? words.say("error.source_down") : sayDown(words, error, area);
    case "CIRCUIT_OPEN":
      // Ours, to a service, names no source.
      return metadata["source"] ? sourceDown(words, Number(metadata["retry_after_seconds"])) : sayDown(words, error, area);
    case "API_KEY_MISSING":
    case "API_KEY_MALFORMED":
    case "API_KEY_INVALID":
    case "QUEUE_UNAVAILABLE":
    case "DATABASE_UNAVAILABLE":
      return sayDown(words, error, area);
    default:
      return sayCode(words, error, area);
  }
}

/** For errors without a reason that says more: a lost connection, a deadline, something unexpected. */
function sayCode(words: Words, error: ConnectError, area: Area): string {
  switch (error.code) {
    case Code.NotFound:
      return words.say("error.gone");
    case Code.ResourceExhausted:
      return words.say("error.busy");
    case Code.InvalidArgument:
      return words.say(area === "search" ? "error.not_accepted" : "error.unexpected");
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.Unauthenticated:
    case Code.PermissionDenied:
    case Code.Unimplemented:
      return sayDown(words, error, area);
    case Code.Canceled:
    case Code.Unknown:
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.Aborted:
    case Code.OutOfRange:
    case Code.Internal:
    case Code.DataLoss:
      return words.say("error.unexpected");
  }
}

function sayDown(words: Words, error: ConnectError, area: Area): string {
  return area === "search" ? waiting(words, error, "error.search_down", "error.search_down_in") : words.say(DOWN[area]);
}

/** Above this, minutes are what people count in. */
const MAX_SECONDS = 90;

function sourceDown(words: Words, seconds: number): string {
  if (!(seconds > 0)) return words.say("error.source_down");
  if (seconds <= MAX_SECONDS) return words.say("error.source_down_in", { count: seconds });
  return words.say("error.source_down_for", { count: Math.ceil(seconds / 60) });
}

/** With the seconds when the service named them, else without. */
function waiting(words: Words, error: ConnectError, plain: TextKey, inSeconds: TextKey): string {
  const seconds = Math.ceil((retryAfterMs(error) ?? 0) / 1000);
  return seconds > 0 ? words.say(inSeconds, { count: seconds }) : words.say(plain);
}
