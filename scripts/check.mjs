// Everything that can be said of the code without running it. All steps run, so that one look shows all that is wrong.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root, run } from "./tools.mjs";

const workspaces = readdirSync(root).filter((name) => existsSync(join(root, name, "tsconfig.test.json")));

function generatedCodeIsCurrent() {
  const folder = mkdtempSync(join(tmpdir(), "refrain-gen-"));
  try {
    const generated = run(bin("buf"), ["generate", "-o", folder]);
    if (!generated.ok) return generated;
    const { ok, output } = run("git", ["diff", "--no-index", "--stat", "gen/src", join(folder, "gen/src")]);
    return { ok, output: ok ? "" : `gen/src is not what the protos say: run npm run gen\n${output}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const all = (...steps) => {
  const results = steps.map((step) => step());
  return { ok: results.every(({ ok }) => ok), output: results.map(({ output }) => output).join("") };
};
const tool = (name, ...args) => run(bin(name), args);

const steps = {
  "generated code is current": generatedCodeIsCurrent,
  "contract: lint": () =>
    all(
      () => tool("buf", "lint"),
      () => tool("buf", "format", "--diff", "--exit-code", "proto"),
    ),
  "contract: nothing broken since the last release": () => tool("buf", "breaking", "proto", "--against", "proto/released.binpb"),
  format: () => tool("biome", "format", "."),
  lint: () => tool("oxlint", "--deny-warnings"),
  "types: build": () => run(process.execPath, ["scripts/build.mjs"]),
  "types: tests": () => all(...workspaces.map((name) => () => tool("tsc", "-p", `${name}/tsconfig.test.json`))),
  "unused exports and dependencies": () => tool("knip"),
};

let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  const startedAt = performance.now();
  const { ok, output } = step();
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`);
  if (ok) continue;
  failed += 1;
  process.stdout.write(output);
}
process.exit(failed === 0 ? 0 : 1);
