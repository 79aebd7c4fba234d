import { readFault } from "./fault-input.js";
import { InputError } from "./input-error.js";
import type { PageApiOptions, Route } from "./route.js";

/** What goes wrong on purpose. */
export function faultRoutes({ world: { faults } }: PageApiOptions): Route[] {
  return [
    ["GET", "/playground/faults", () => faults.list()],
    ["POST", "/playground/faults", ({ body }) => faults.add(readFault(body))],
    [
      "DELETE",
      "/playground/faults",
      () => {
        faults.clear();
        return faults.list();
      },
    ],
    [
      "DELETE",
      "/playground/faults/:id",
      ({ names }) => {
        if (!faults.remove(names[0] ?? "")) throw new InputError("no such fault", 404);
        return faults.list();
      },
    ],
  ];
}
