import { html, type VNode } from "./html.js";

/** Line icons, drawn on 24 × 24. */
const PATHS = {
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  play: "M8 5.5v13l11-6.5z",
  pause: "M8 5v14M16 5v14",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  slash: "M15 4 9 20",
  keyboard: "M3 7h18v10H3zM7 11v.01M12 11v.01M17 11v.01M8 14h8",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  panel: "M4 6h16M4 12h16M4 18h10",
  close: "M6 6l12 12M18 6 6 18",
  note: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  down: "M6 9.5l6 6 6-6",
  link: "M8 16 16 8M9 8h7v7",
  copy: "M9 9h10v10H9zM5 15V5h10",
  read: "M2.5 12.5l4 4 8-9M11 16l.5.5 8.5-9",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means is said by the label of what holds it. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }): VNode {
  const isSolid = name === "play";
  return html`<svg
    class="icon"
    viewBox="0 0 24 24"
    width=${size}
    height=${size}
    aria-hidden="true"
    fill=${isSolid ? "currentColor" : "none"}
    stroke="currentColor"
    stroke-width=${name === "more" ? 2.6 : name === "pause" ? 3 : 1.8}
    stroke-linecap="round"
    stroke-linejoin="round"
  ><path d=${PATHS[name]} /></svg>`;
}
