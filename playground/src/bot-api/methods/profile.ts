import { badRequest } from "../../model/api-error.js";
import { chatOf } from "../../model/personas.js";
import type { PrivateChat, User } from "../../shapes/bot-api.js";
import type { ApiCall, ApiMethod } from "../method.js";
import { chatParam } from "../params.js";

type Me = User & {
  can_join_groups: boolean;
  can_read_all_group_messages: boolean;
  supports_inline_queries: boolean;
  can_connect_to_business: boolean;
  has_main_web_app: boolean;
};

/** Also tells the page which bot it shows. */
export function getMe(call: ApiCall): Me {
  call.world.introduce(call.bot);
  return {
    ...call.bot.user,
    can_join_groups: false,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
  };
}

export function getChat(call: ApiCall): PrivateChat & { accent_color_id: number; max_reaction_count: number } {
  const { person } = chatParam(call.world, call.bot, call.params);
  return { ...chatOf(person), accent_color_id: person.id % 7, max_reaction_count: 11 };
}

/** setMyName, setMyDescription and setMyShortDescription: kept per language and shown by the page. */
export function setProfileText(field: string, maxLength: number): ApiMethod {
  return (call) => {
    const text = call.params.get(field) ?? "";
    if (text.length > maxLength) throw badRequest(`BOT_${field.toUpperCase()}_TOO_LONG`);
    const key = `${field}:${call.params.get("language_code") ?? ""}`;
    if (text === "") delete call.bot.saved.profile[key];
    else call.bot.saved.profile[key] = text;
    if (key === "name:") call.bot.user.first_name = text || "Refrain";
    call.world.changed();
    if (call.world.pageBot() === call.bot) call.world.feed.publish({ type: "bot" });
    return true;
  };
}

export function getProfileText(field: string): ApiMethod {
  return ({ bot, params }) => {
    const own = bot.saved.profile[`${field}:${params.get("language_code") ?? ""}`];
    return { [field]: own ?? bot.saved.profile[`${field}:`] ?? (field === "name" ? bot.user.first_name : "") };
  };
}
