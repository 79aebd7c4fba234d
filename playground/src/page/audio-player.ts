import type { Audio, PhotoSize } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { clock } from "./numbers.js";
import { usePlayer } from "./use-player.js";

/** A music player around a real `<audio>`, which is fetched when it is first played. */
export function AudioPlayer({ audio }: { audio: Audio }): VNode {
  const { element, position, read, toggle, seek } = usePlayer();
  const { seconds, isPlaying } = position;
  const title = audio.title ?? audio.file_name ?? "Audio";
  const length = audio.duration || position.fileSeconds;
  const performer = position.isBroken ? "This file is no longer here" : (audio.performer ?? "Unknown artist");
  return html`<div class="audio" data-testid="audio-player" data-playing=${isPlaying}>
    <button type="button" class="cover" data-testid="audio-play" aria-label=${`${isPlaying ? "Pause" : "Play"} ${title}`} onClick=${toggle}>
      ${audio.thumbnail ? html`<${Cover} photo=${audio.thumbnail} />` : null}
      <span class="cover-button"><${Icon} name=${isPlaying ? "pause" : "play"} size=${22} /></span>
    </button>
    <div class="audio-body">
      <div class="audio-title" title=${title}>${title}</div>
      <div class="audio-performer">${performer}</div>
      <div class="audio-track">
        <${SeekBar} title=${title} seconds=${seconds} length=${length} onSeek=${seek} />
        <span class="audio-time">${isPlaying || seconds > 0 ? `${clock(seconds)} / ${clock(length)}` : clock(length)}</span>
      </div>
    </div>
    <audio
      ref=${element}
      preload="none"
      src=${`/playground/files/${audio.file_unique_id}`}
      onTimeUpdate=${read}
      onPlay=${read}
      onPause=${read}
      onEnded=${read}
      onError=${read}
      onLoadedMetadata=${read}
    ></audio>
  </div>`;
}

function Cover({ photo }: { photo: PhotoSize }): VNode {
  return html`<img src=${`/playground/files/${photo.file_unique_id}`} alt="" width="56" height="56" />`;
}

interface SeekBarProps {
  title: string;
  seconds: number;
  /** 0: unknown. */
  length: number;
  onSeek: (seconds: number) => void;
}

function SeekBar({ title, seconds, length, onSeek }: SeekBarProps): VNode {
  return html`<input
    type="range"
    aria-label=${`Position in ${title}`}
    aria-valuetext=${`${clock(seconds)} of ${clock(length)}`}
    min="0"
    max=${length || 1}
    step="0.1"
    value=${seconds}
    style=${{ "--done": `${length ? (seconds / length) * 100 : 0}%` }}
    onInput=${(event: Event) => onSeek(Number((event.target as HTMLInputElement).value))}
  />`;
}
