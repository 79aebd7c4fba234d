import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Track, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";

/** What a source knows of a track. Texts may be of any length: they are cut to what the contract allows. */
export interface TrackFacts {
  /** The source's own identifier, at most 200 characters. */
  id: string;
  /** Canonical address, at most 2,048 characters. */
  url: string;
  /** Name of the source. */
  source: string;
  title: string;
  /** Performer; empty when unknown. */
  uploader: string;
  /** Rounded to whole seconds; 0 when unknown. */
  durationSeconds: number;
  /** Path under `/files/` or https address; empty when there is none. */
  thumbnailUrl?: string;
  album?: string;
  license?: string;
}

const MAX_TEXT = 300;
const KEY_BYTES = 16;
/** A broken header may claim anything. */
const MAX_SECONDS = 1_000_000;

/** `Track.key`: base64url of the first 16 bytes of the SHA-256 of `url`, 22 characters. */
export function trackKey(url: string): string {
  return createHash("sha256").update(url).digest().subarray(0, KEY_BYTES).toString("base64url");
}

/** A track as the contract wants it. */
export function createTrack(facts: TrackFacts): Track {
  return create(TrackSchema, {
    key: trackKey(facts.url),
    id: facts.id,
    url: facts.url,
    source: facts.source,
    title: oneLine(facts.title) || facts.id.slice(0, MAX_TEXT),
    uploader: oneLine(facts.uploader),
    durationSeconds: Math.min(MAX_SECONDS, Math.max(0, Math.round(facts.durationSeconds))),
    thumbnailUrl: facts.thumbnailUrl ?? "",
    album: oneLine(facts.album ?? ""),
    license: oneLine(facts.license ?? ""),
  });
}

/** One line without control characters, well-formed (half a surrogate pair cannot be sent), at most 300 characters. */
export function oneLine(text: string): string {
  const line = text
    .replace(/\p{Surrogate}/gu, "\uFFFD")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
  // The contract counts characters, not UTF-16 units: cutting between units would break a pair.
  return Array.from(line).slice(0, MAX_TEXT).join("");
}
