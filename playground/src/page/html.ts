import htm from "htm";
import { h, type ComponentChildren, type VNode } from "preact";

/** JSX without a compiler: htm builds Preact nodes from template literals. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

export type { ComponentChildren, VNode };
