import { clearChat, pressButton, setBlocked, setLanguage, typeText, type ButtonChoice } from "../../model/user-actions.js";
import { InputError } from "./input-error.js";
import type { Ask, PageApiOptions, Route } from "./route.js";
import { chatView, personaOf } from "./views.js";

/** Everything a person can do. */
export function userRoutes(options: PageApiOptions): Route[] {
  const { world } = options;
  const actor = ({ names }: Ask) => [world, world.pageBot(), personaOf(world, names[0])] as const;
  const chat = ({ names }: Ask) => chatView(options, personaOf(world, names[0]));
  return [
    [
      "POST",
      "/playground/api/users/:id/messages",
      (ask) => {
        const { text, reply_to: replyTo } = ask.body;
        if (typeof text !== "string") throw new InputError("text is missing");
        return typeText(...actor(ask), text, typeof replyTo === "number" ? replyTo : undefined);
      },
    ],
    [
      "POST",
      "/playground/api/users/:id/press",
      (ask) => {
        const pressed = pressButton(...actor(ask), Number(ask.body["message_id"]), readChoice(ask.body["button"]));
        return pressed.kind === "callback" ? { kind: pressed.kind, query_id: pressed.queryId } : pressed;
      },
    ],
    [
      "POST",
      "/playground/api/users/:id/language",
      (ask) => {
        const { language_code: language } = ask.body;
        setLanguage(...actor(ask), typeof language === "string" ? language : "");
        return chat(ask);
      },
    ],
    [
      "POST",
      "/playground/api/users/:id/block",
      (ask) => {
        setBlocked(...actor(ask), ask.body["blocked"] === true);
        return chat(ask);
      },
    ],
    [
      "DELETE",
      "/playground/api/users/:id/chat",
      (ask) => {
        clearChat(...actor(ask));
        return chat(ask);
      },
    ],
  ];
}

/** A text, or `{text}`, `{data}`, `{row, column}`. */
function readChoice(value: unknown): ButtonChoice {
  if (typeof value === "string") return { text: value };
  const { text, data, row, column } = (value ?? {}) as Record<string, unknown>;
  if (typeof text === "string") return { text };
  if (typeof data === "string") return { data };
  if (typeof row === "number" && typeof column === "number") return { row, column };
  throw new InputError("button is a text, {text}, {data} or {row, column}");
}
