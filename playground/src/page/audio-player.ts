import { useEffect, useRef, useState } from "preact/hooks";
import type { Audio } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { clock } from "./numbers.js";

/** One at a time: starting a track pauses the one that plays. */
let playing: HTMLAudioElement | undefined;

interface Position {
  seconds: number;
  isPlaying: boolean;
  isBroken: boolean;
}

/** A music player around a real `<audio>`, which is fetched when it is first played. */
export function AudioPlayer({ audio }: { audio: Audio }): VNode {
  const element = useRef<HTMLAudioElement>(null);
  const [position, setPosition] = useState<Position>({ seconds: 0, isPlaying: false, isBroken: false });
  useEffect(() => () => element.current?.pause(), []);

  const read = (): void => {
    const { currentTime, paused, error } = element.current ?? { currentTime: 0, paused: true, error: null };
    setPosition({ seconds: currentTime, isPlaying: !paused, isBroken: error !== null });
  };
  const toggle = (): void => {
    const own = element.current;
    if (own === null) return;
    if (!own.paused) return own.pause();
    if (playing !== own) playing?.pause();
    playing = own;
    own.play().catch(read); // the player then shows that the file is gone
  };
  const seek = (event: Event): void => {
    if (element.current === null) return;
    element.current.currentTime = Number((event.target as HTMLInputElement).value);
    read();
  };

  const title = audio.title ?? audio.file_name ?? "Audio";
  const length = audio.duration || element.current?.duration || 0;
  const label = `${position.isPlaying ? "Pause" : "Play"} ${title}`;
  return html`<div class="audio" data-testid="audio-player" data-playing=${position.isPlaying}>
    <button type="button" class="cover" data-testid="audio-play" aria-label=${label} onClick=${toggle}>
      ${audio.thumbnail ? html`<img src=${`/playground/files/${audio.thumbnail.file_unique_id}`} alt="" width="56" height="56" />` : null}
      <span class="cover-button"><${Icon} name=${position.isPlaying ? "pause" : "play"} size=${22} /></span>
    </button>
    <div class="audio-body">
      <div class="audio-title" title=${title}>${title}</div>
      <div class="audio-performer">${position.isBroken ? "This file is no longer here" : (audio.performer ?? "Unknown artist")}</div>
      <div class="audio-track">
        <input
          type="range"
          aria-label=${`Position in ${title}`}
          aria-valuetext=${`${clock(position.seconds)} of ${clock(length)}`}
          min="0"
          max=${length || 1}
          step="0.1"
          value=${position.seconds}
          style=${{ "--done": `${length ? (position.seconds / length) * 100 : 0}%` }}
          onInput=${seek}
        />
        <span class="audio-time">${position.isPlaying || position.seconds > 0 ? `${clock(position.seconds)} / ${clock(length)}` : clock(length)}</span>
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
