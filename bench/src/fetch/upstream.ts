import { startFakeArchive } from "@refrain/music/testing";

/** What the upstream process says once it serves. */
export interface Upstream {
  baseUrl: string;
  host: string;
  /** `Track.url`s. */
  trackUrls: string[];
  /** Where the bytes of the same tracks are. */
  fileUrls: string[];
}

const [files = "1", bytes = "1000000"] = process.argv.slice(2);
const archive = await startFakeArchive({ tracks: Number(files), bytes: Number(bytes) });
const trackUrls = Array.from({ length: Number(files) }, (_, at) => archive.trackUrl(at + 1));
const upstream: Upstream = {
  baseUrl: archive.baseUrl,
  host: archive.host,
  trackUrls,
  fileUrls: await Promise.all(trackUrls.map(fileUrlOf)),
};
process.send?.(upstream);
process.once("disconnect", () => process.exit());

/** The item's one MP3, as its metadata names it. */
async function fileUrlOf(trackUrl: string): Promise<string> {
  const identifier = new URL(trackUrl).pathname.split("/").find((part) => part.startsWith("fake-track-")) ?? "";
  const item: unknown = await (await fetch(`${archive.baseUrl}/metadata/${identifier}`)).json();
  const name = /"name":"([^"]+\.mp3)"/.exec(JSON.stringify(item))?.[1] ?? "";
  return `${archive.baseUrl}/download/${identifier}/${encodeURIComponent(name)}`;
}
