import type { Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { createTrack, trackKey } from "../../track.js";
import { cleanTitle } from "../clean-title.js";
import { titleFromName } from "../library/title-from-name.js";
import { archiveUrl, imageUrl } from "./archive-links.js";
import type { Hit } from "./rank-recordings.js";

/** What the archive is called in `Track.source`. */
export const ARCHIVE_NAME = "ia";

const MAX_ID_LENGTH = 200;

/** A recording as a track. */
export function toTrack({ item, recording }: Hit): Track {
  const { identifier } = item;
  const { name } = recording;
  const url = archiveUrl({ identifier, name });
  const id = `${identifier}/${name}`;
  return createTrack({
    // A name may be longer than an id; its hash is as unique.
    id: id.length <= MAX_ID_LENGTH ? id : `${identifier}/${trackKey(url)}`,
    url,
    source: ARCHIVE_NAME,
    ...namesOf({ item, recording }),
    durationSeconds: recording.seconds,
    thumbnailUrl: imageUrl(identifier),
    album: recording.album || item.title,
    license: item.license,
  });
}

function namesOf({ item, recording }: Hit): { title: string; uploader: string } {
  const uploader = recording.artist || item.creator;
  if (recording.title) return { title: withoutNumber(recording.title, recording.number), uploader };
  // One recording without a tag is what the whole item is called.
  if (item.recordings.length === 1 && item.title !== item.identifier) return cleanTitle({ title: item.title, uploader });
  const named = titleFromName(recording.name);
  return { title: named.title, uploader: uploader || named.artist };
}

/** "03. Title" is "Title", when it is the third. */
function withoutNumber(title: string, number: number): string {
  const [, digits, rest] = /^0*(\d{1,3})[.)]\s+(\S.*)$/su.exec(title) ?? [];
  return rest && Number(digits) === number ? rest : title;
}
