import { withoutParams } from "../../model/call-log.js";
import { viewChat } from "../../model/chat.js";
import type { World } from "../../model/world.js";
import type { BotView, ChatView, Persona, StateView } from "../../shapes/page-api.js";
import { InputError } from "./input-error.js";
import type { PageApiOptions } from "./route.js";

/** Calls that a freshly opened page shows. */
const RECENT_CALLS = 30;

export function stateView(options: PageApiOptions, person: Persona): StateView {
  const { world } = options;
  return {
    seq: world.feed.seq,
    bot: botView(world, person),
    users: [...world.personas],
    chat: chatView(options, person),
    faults: world.faults.list(),
    calls: world.calls.list().slice(-RECENT_CALLS).map(withoutParams),
    services: options.services(),
    downloads: options.downloads(),
  };
}

export function chatView({ world, actions }: PageApiOptions, person: Persona): ChatView {
  return { ...viewChat(world.pageBot(), person), action: actions.current(person.id) };
}

/** The person of an id in a path or query; 404 for anybody else. */
export function personaOf(world: World, id: string | undefined): Persona {
  const person = world.persona(Number(id));
  if (person === undefined) throw new InputError("no such user", 404);
  return person;
}

/** Name and description in the person's language, where the bot has set one. */
function botView(world: World, person: Persona): BotView {
  const { user, saved } = world.pageBot();
  const language = person.language_code.slice(0, 2);
  const local = (field: string) => saved.profile[`${field}:${language}`] ?? saved.profile[`${field}:`];
  return {
    id: user.id,
    first_name: local("name") ?? user.first_name,
    username: user.username,
    description: local("description") ?? "",
  };
}
