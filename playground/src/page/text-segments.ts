import type { MessageEntity } from "../shapes/bot-api.js";

/** A stretch of text under the same entities, outermost first. */
export interface Segment {
  text: string;
  entities: MessageEntity[];
}

/** Cuts a text at the edges of its entities. The texts joined are the text; ranges outside are cut to it. */
export function textSegments(text: string, entities: readonly MessageEntity[] = []): Segment[] {
  const edges = new Set([0, text.length]);
  for (const { offset, length } of entities) {
    for (const edge of [offset, offset + length]) edges.add(Math.min(text.length, Math.max(0, edge)));
  }
  const sorted = [...edges].toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => {
    const start = sorted[index] ?? 0;
    const covering = entities.filter((entity) => entity.offset <= start && entity.offset + entity.length >= end);
    return { text: text.slice(start, end), entities: covering.toSorted((a, b) => b.length - a.length) };
  });
}
