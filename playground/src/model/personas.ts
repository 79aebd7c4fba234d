import type { PrivateChat } from "../shapes/bot-api.js";
import type { Persona } from "../shapes/page-api.js";

/** Who can chat here, in the order of the page's switch. */
const PEOPLE: readonly Persona[] = [
  { id: 1001, is_bot: false, first_name: "Anna", username: "anna_listens", language_code: "ru" },
  { id: 1002, is_bot: false, first_name: "Ben", username: "ben_on_repeat", language_code: "en" },
  { id: 1003, is_bot: false, first_name: "Chloé", username: "chloe_fm", language_code: "fr" },
  { id: 1004, is_bot: false, first_name: "Дима", username: "dima_vinyl", language_code: "ru" },
];

/** Fresh copies, with the interface languages that were switched to. */
export function createPersonas(languages: Readonly<Record<string, string>>): Persona[] {
  return PEOPLE.map((person) => ({ ...person, language_code: languages[person.id] ?? person.language_code }));
}

export function chatOf(person: Persona): PrivateChat {
  return { id: person.id, type: "private", first_name: person.first_name, username: person.username };
}
