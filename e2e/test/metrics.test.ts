import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, startRefrain, type Refrain } from "../src/refrain.js";

let refrain: Refrain;

beforeAll(async () => {
  refrain = await (await startRefrain()).ready();
}, 240_000);
afterAll(() => refrain?.[Symbol.asyncDispose]());

/** What the ops ports of all services show. */
async function exposed(): Promise<string> {
  const shown = ["bot", "music", "storage"].map(async (service) => {
    const response = await fetch(`http://${refrain.address(service, "ops")}/metrics`, { signal: AbortSignal.timeout(10_000) });
    return response.text();
  });
  return (await Promise.all(shown)).join("\n");
}

interface Row {
  readonly names: string[];
  /** True: shown only with some setting. */
  readonly isConditional: boolean;
}

/** The rows of the operators' table of metrics that are about Refrain's own. */
async function documented(): Promise<Row[]> {
  const page = await readFile(join(ROOT, "docs/operators/README.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `refrain_"));
  return rows.map((row) => {
    const [, names = ""] = row.split("|");
    return {
      names: [...names.matchAll(/`(refrain_\w+)`/g)].map(([, name = ""]) => name),
      isConditional: row.includes("; only with "),
    };
  });
}

test("every metric has a row in the operators' table, and every row a metric", async () => {
  const shown = [...(await exposed()).matchAll(/^# TYPE (refrain_\w+) /gm)].map(([, name = ""]) => name);
  const rows = await documented();
  const conditional = rows.filter(({ isConditional }) => isConditional).flatMap(({ names }) => names);
  const always = rows.filter(({ isConditional }) => !isConditional).flatMap(({ names }) => names);
  expect(always.toSorted()).toEqual([...new Set(shown)].filter((name) => !conditional.includes(name)).toSorted());
});

test("no metric has a label for a user, an address or a text", async () => {
  const labels = new Set(
    [...(await exposed()).matchAll(/^refrain_\w+\{(.*)\} /gm)].flatMap(([, all = ""]) => all.match(/\w+(?==")/g) ?? []),
  );
  const bounded = [
    "service",
    "method",
    "code",
    "kind",
    "outcome",
    "reason",
    "source",
    "query",
    "result",
    "limit",
    "door",
    "le",
    "answered_by",
  ];
  expect([...labels].filter((label) => !bounded.includes(label))).toEqual([]);
});
