import { useEffect, useRef, useState, type MutableRef } from "preact/hooks";

/** One at a time: starting a track pauses the one that plays. */
let playing: HTMLAudioElement | undefined;

interface Position {
  seconds: number;
  /** Length as the file says; 0 before it was read. */
  fileSeconds: number;
  isPlaying: boolean;
  /** The file could not be played, as when it has given way to newer ones. */
  isBroken: boolean;
}

/** What a player needs: the element's ref, where it is, and what moves it. */
export interface Player {
  element: MutableRef<HTMLAudioElement | null>;
  position: Position;
  /** To be called on every event of the element. */
  read: () => void;
  toggle: () => void;
  seek: (seconds: number) => void;
}

/** Follows an `<audio>` element, which is paused when its message goes. */
export function usePlayer(): Player {
  const element = useRef<HTMLAudioElement | null>(null);
  const [position, setPosition] = useState<Position>({ seconds: 0, fileSeconds: 0, isPlaying: false, isBroken: false });
  useEffect(() => () => element.current?.pause(), []);

  const read = (): void => {
    const own = element.current;
    if (own === null) return;
    const { currentTime: seconds, duration, paused, error } = own;
    setPosition({ seconds, fileSeconds: duration || 0, isPlaying: !paused, isBroken: error !== null });
  };
  const toggle = (): void => {
    const own = element.current;
    if (own === null) return;
    if (!own.paused) return own.pause();
    if (playing !== own) playing?.pause();
    playing = own;
    own.play().catch(read); // the player then shows that the file is gone
  };
  const seek = (seconds: number): void => {
    if (element.current !== null) element.current.currentTime = seconds;
    read();
  };
  return { element, position, read, toggle, seek };
}
