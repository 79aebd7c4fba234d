import type { Listener } from "../listener.js";
import type { Card } from "./card.js";

/** Reason of a signal that fires because the listener does not want the track any more. */
export const CANCELLED = new DOMException("the listener cancelled", "AbortError");

/** One track on its way to one listener. */
export interface Order {
  readonly listener: Listener;
  /** The track's key. */
  readonly key: string;
  readonly card: Card;
  /** True: the same listener waits for the same track in another chat too, so music must not be told to stop. */
  wantedElsewhere(): boolean;
}
