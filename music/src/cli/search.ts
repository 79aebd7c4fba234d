import { toJson } from "@bufbuild/protobuf";
import type { SourceFailure } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { type Track, TrackSchema } from "@refrain/gen/refrain/music/v1/track_pb";
import type { MusicAccess } from "./music-access.js";
import type { Command } from "./read-command.js";
import { type Console, EXIT } from "./console.js";
import { clockTime, paintFor, plain } from "./terminal.js";

type Search = Extract<Command, { kind: "search" }>;

/** Finds tracks, and prints them. */
export async function search(command: Search, { client }: MusicAccess, console: Console): Promise<number> {
  const { tracks, failures } = await ask(command, client, console.signal);
  if (command.json)
    console.stdout.write(
      `${JSON.stringify({ tracks: tracks.map((track) => toJson(TrackSchema, track)), failures: failures.map(({ source, problem, retryAfterSeconds }) => ({ source, problem, retryAfterSeconds })) }, null, 2)}\n`,
    );
  else printTracks(tracks, console);
  if (!command.json) for (const failure of failures) console.stderr.write(`${describeFailure(failure)}\n`);
  if (tracks.length === 0 && !command.json) console.stderr.write("nothing found\n");
  return tracks.length > 0 ? EXIT.done : EXIT.nothingFound;
}

async function ask({ query, sources, byArtist, limit }: Search, client: MusicAccess["client"], signal: AbortSignal) {
  if (!byArtist) return client.search({ query, limit, sources }, { signal });
  const answer = await client.searchByArtist({ artist: query, limit }, { signal });
  // The call itself asks all of them.
  const isWanted = (source: string) => sources.length === 0 || sources.includes(source);
  return {
    tracks: answer.tracks.filter(({ source }) => isWanted(source)),
    failures: answer.failures.filter(({ source }) => isWanted(source)),
  };
}

function printTracks(tracks: readonly Track[], { stdout, env }: Console) {
  const paint = paintFor(stdout, env);
  const width = String(tracks.length).length;
  tracks.forEach(({ title, uploader, durationSeconds, source, url }, at) => {
    const name = paint("bold", plain(uploader ? `${uploader} — ${title}` : title));
    const facts = [clockTime(durationSeconds), source].filter(Boolean).join(", ");
    stdout.write(`${String(at + 1).padStart(width)}  ${name}  (${facts})\n${" ".repeat(width)}  ${paint("dim", plain(url))}\n`);
  });
}

export function describeFailure({ source, problem, retryAfterSeconds }: SourceFailure): string {
  const again = retryAfterSeconds > 0 ? `; tried again in ${retryAfterSeconds} s` : "";
  return `${source} did not answer: ${problem.replaceAll("_", " ")}${again}`;
}
