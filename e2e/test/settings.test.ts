import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../src/refrain.js";

const SERVICES = ["music", "storage", "bot", "playground"];

/** Files of mesh that read what all services have in common. */
const MESH_READERS = ["env.ts", "tls.ts", "server/limits.ts", "server/stop.ts"];

/** Variables that a reader of the environment is asked for: `text(env, "NAME", …)`. */
async function variablesRead(): Promise<string[]> {
  const configs = SERVICES.map((service) => join(ROOT, service, "src/config.ts"));
  const shared = MESH_READERS.map((file) => join(ROOT, "mesh/src", file));
  const sources = await Promise.all([...configs, ...shared].map((path) => readFile(path, "utf8")));
  return sources.flatMap((source) => [...source.matchAll(/\(env, "([A-Z_]+)"/g)].map(([, name = ""]) => name));
}

test(".env.example has every variable that a service reads, and no other", async () => {
  const example = await readFile(join(ROOT, ".env.example"), "utf8");
  const documented = [...example.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
  const read = new Set((await variablesRead()).filter((name) => name !== "PATH"));
  expect(documented.toSorted()).toEqual([...read].toSorted());
});

test("only config.ts reads the environment of a service", async () => {
  for (const service of SERVICES) {
    const files = await readdir(join(ROOT, service, "src"), { recursive: true });
    const readers: string[] = [];
    for (const file of files.filter((name) => name.endsWith(".ts") && !/generated|\.test\.ts$|^testing/.test(name))) {
      const source = await readFile(join(ROOT, service, "src", file), "utf8");
      if (/process\.env\b/.test(source.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, ""))) readers.push(file);
    }
    // main.ts may hand the environment to config.ts.
    expect(readers.filter((file) => file !== "config.ts" && file !== "main.ts")).toEqual([]);
  }
});
