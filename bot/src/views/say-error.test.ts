import { Code, ConnectError } from "@connectrpc/connect";
import { serviceError } from "@refrain/mesh";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LANGUAGES, wordsIn } from "../i18n/words.js";
import { sayError, type Area } from "./say-error.js";

const english = wordsIn("en");
const AREAS: readonly Area[] = ["search", "download", "collection"];
const CODES = Object.values(Code).filter((code): code is Code => typeof code === "number");
/** Every reason that the contract names. */
const REASONS = [
  "API_KEY_MISSING",
  "API_KEY_MALFORMED",
  "API_KEY_INVALID",
  "RATE_LIMITED",
  "UNSUPPORTED_URL",
  "TAKEN_DOWN",
  "TOO_LONG",
  "TOO_LARGE",
  "LIVE",
  "SOURCE_UNAVAILABLE",
  "CIRCUIT_OPEN",
  "QUEUE_UNAVAILABLE",
  "NO_SPACE",
  "TRACK_NOT_FOUND",
  "TASK_NOT_FOUND",
  "FORMAT_UNAVAILABLE",
  "QUEUE_FULL",
  "DOWNLOAD_CANCELLED",
  "PAGE_TOKEN_INVALID",
  "DATABASE_UNAVAILABLE",
  "TRACK_KEY_MISMATCH",
  "SAVED_TRACK_NOT_FOUND",
];

test("whatever goes wrong is one plain sentence, without codes, reasons or what the service said", () => {
  const reason = fc.constantFrom(...REASONS, "SOMETHING_NEW");
  fc.assert(
    fc.property(
      fc.constantFrom(...CODES),
      reason,
      fc.constantFrom(...AREAS),
      fc.constantFrom(...LANGUAGES),
      (code, why, area, language) => {
        const said = sayError(wordsIn(language), serviceError(code, why, "inner words"), area);
        expect(said).toMatch(/^[^_]{5,120}[.]$/);
        expect(said).not.toMatch(/inner words|gRPC|storage|[A-Z]{4,}/);
      },
    ),
  );
});

test.each(REASONS)("%s is more than “that did not work”", (reason) => {
  expect(sayError(english, serviceError(Code.FailedPrecondition, reason, "no"), "download")).not.toBe(
    english.say("error.unexpected"),
  );
});

test("limits are told as people say them", () => {
  const tooLong = serviceError(Code.FailedPrecondition, "TOO_LONG", "no", { metadata: { limit_seconds: "1200" } });
  const tooLarge = serviceError(Code.FailedPrecondition, "TOO_LARGE", "no", { metadata: { limit_bytes: "49000000" } });
  expect(sayError(wordsIn("ru"), tooLong, "download")).toBe("Трек длиннее 20 минут, Telegram такой не примет.");
  expect(sayError(wordsIn("ru"), tooLarge, "download")).toBe("Файл больше 49,0 МБ, Telegram такой не примет.");
});

test("a service that does not answer is told by what the listener wanted", () => {
  const said = AREAS.map((area) => sayError(english, new ConnectError("no", Code.Unavailable), area));
  expect(said).toEqual([
    english.say("error.search_down"),
    english.say("error.download_down"),
    english.say("error.collection_down"),
  ]);
});

test("a wait that the service names is told in seconds", () => {
  const limited = serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no", { retryAfterMs: 20_500 });
  expect(sayError(wordsIn("ru"), limited, "search")).toBe("Чуть медленнее, пожалуйста: попробуйте через 21 секунду.");
});

test("when a site is tried again is told in seconds, and in minutes when they are many", () => {
  const open = (seconds: number) =>
    serviceError(Code.Unavailable, "CIRCUIT_OPEN", "no", {
      metadata: { source: "yt", problem: "blocked", retry_after_seconds: String(seconds) },
    });
  expect(sayError(wordsIn("ru"), open(41), "search")).toBe("Сайт не отвечает, попробуем снова через 41 секунду.");
  expect(sayError(english, open(301), "download")).toBe("That site is not answering. We will try it again in 6 minutes.");
  expect(sayError(english, serviceError(Code.Unavailable, "CIRCUIT_OPEN", "no"), "download")).toBe(
    english.say("error.download_down"),
  );
});

test("one download too many is told as such, with how many there may be", () => {
  const options = { retryAfterMs: 12_000, metadata: { limit_running: "3" } };
  const limited = serviceError(Code.ResourceExhausted, "RATE_LIMITED", "no", options);
  expect(sayError(english, limited, "download")).toBe(
    "Only 3 downloads run at a time. Please tap again when one of them has arrived.",
  );
  expect(sayError(wordsIn("ru"), limited, "download")).toMatch(/^Больше 3 загрузок сразу не получится\./);
});
