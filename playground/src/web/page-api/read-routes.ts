import { sendFile } from "../send-file.js";
import { InputError } from "./input-error.js";
import type { Ask, PageApiOptions, Route } from "./route.js";
import { chatView, personaOf, stateView } from "./views.js";

/** Everything that can be looked at. */
export function readRoutes(options: PageApiOptions): Route[] {
  const { world } = options;
  return [
    [
      "GET",
      "/playground/api/state",
      ({ query }) => stateView(options, personaOf(world, query.get("user") ?? String(world.personas[0]?.id))),
    ],
    ["GET", "/playground/api/users", () => world.personas],
    ["GET", "/playground/api/calls", () => world.calls.list()],
    ["GET", "/playground/api/users/:id/chat", ({ names }) => chatView(options, personaOf(world, names[0]))],
    ["GET", "/playground/api/events", (ask) => streamEvents(options, ask)],
    ["GET", "/playground/files/:id", (ask) => file(options, ask)],
  ];
}

function streamEvents({ events }: PageApiOptions, { request, response, query }: Ask): void {
  const after = request.headers["last-event-id"] ?? query.get("after");
  const user = query.get("user");
  events.open(response, {
    after: after == null ? undefined : Number(after),
    userId: user === null ? undefined : Number(user),
  });
}

async function file({ world }: PageApiOptions, { request, response, names }: Ask): Promise<void> {
  const found = world.files.find(names[0] ?? "");
  if (found === undefined) throw new InputError("no such file", 404);
  // A file never changes under its name.
  await sendFile(request, response, world.files.path(found), found.mimeType, "private, max-age=86400, immutable");
}
