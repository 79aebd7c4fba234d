import { readableName } from "../files/file-names.js";
import type { Piece } from "./pieces.js";

/** Name of a sample's file, such as `Paper Lanterns - Believer.mp3`. */
export function sampleFileName({ artist, title }: Pick<Piece, "artist" | "title">): string {
  return readableName(artist, title, "mp3");
}
