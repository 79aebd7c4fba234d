import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Message } from "../shapes/bot-api.js";
import { html, type VNode } from "./html.js";
import { Icon } from "./icons.js";
import { MessageBubble } from "./message-bubble.js";
import { dayOf } from "./numbers.js";

/** Messages further apart do not share a tail. */
const GROUP_SECONDS = 300;
/** This close to the end counts as reading the end. */
const NEAR_END_PIXELS = 80;

interface Props {
  messages: readonly Message[];
  /** `message:row:column` of the buttons that wait for an answer. */
  waiting: ReadonlySet<string>;
  onPress: (messageId: number, row: number, column: number) => void;
  onCommand: (command: string) => void;
}

/** The scrolling conversation. Who reads its end stays there; who scrolled up is left alone. */
export function MessageList({ messages, waiting, onPress, onCommand }: Props): VNode {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isFarUp, setFarUp] = useState(false);
  const toEnd = (): void => list.current?.scrollTo({ top: list.current.scrollHeight });
  const follow = (): void => {
    if (isAtEnd.current) toEnd();
  };
  useLayoutEffect(follow, [messages]);
  useLayoutEffect(() => {
    // Keyboards that open and windows that turn change the height without a message.
    const observer = new ResizeObserver(follow);
    if (list.current !== null) observer.observe(list.current);
    return () => observer.disconnect();
  }, []);
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = list.current ?? { scrollTop: 0, scrollHeight: 0, clientHeight: 0 };
    const left = scrollHeight - scrollTop - clientHeight;
    isAtEnd.current = left < NEAR_END_PIXELS;
    setFarUp(left > 3 * NEAR_END_PIXELS);
  };
  const waitingOf = (id: number): Set<string> =>
    new Set([...waiting].filter((key) => key.startsWith(`${id}:`)).map((key) => key.slice(String(id).length + 1)));

  return html`<div class="list-frame">
    <div class="list" ref=${list} onScroll=${onScroll} role="log" aria-label="Messages" aria-live="polite" tabindex="0">
      <div class="list-inner">
        ${messages.map(
          (message, index) => html`
            ${startsDay(messages[index - 1], message) ? html`<div class="day" key=${`day-${message.message_id}`}>${dayOf(message.date)}</div>` : null}
            <${MessageBubble}
              key=${message.message_id}
              message=${message}
              hasTail=${endsGroup(message, messages[index + 1])}
              waiting=${waitingOf(message.message_id)}
              onPress=${(row: number, column: number) => onPress(message.message_id, row, column)}
              onCommand=${onCommand}
            />`,
        )}
      </div>
    </div>
    <button type="button" class=${isFarUp ? "to-end shown" : "to-end"} aria-label="To the latest message" tabindex=${isFarUp ? 0 : -1} onClick=${toEnd}>
      <${Icon} name="down" />
    </button>
  </div>`;
}

function startsDay(before: Message | undefined, message: Message): boolean {
  return before === undefined || dayOf(before.date) !== dayOf(message.date);
}

function endsGroup(message: Message, next: Message | undefined): boolean {
  return next === undefined || next.from.id !== message.from.id || next.date - message.date > GROUP_SECONDS;
}
