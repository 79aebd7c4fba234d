import { defineConfig } from "vitest/config";

// Workspaces are imported as source: no build between an edit and its test.
const conditions = ["@refrain/source", "node"];

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["*/src/**/*.test.ts", "*/test/**/*.test.ts", "e2e/faults/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { shuffle: true },
    // As many at once as there are cores, not one less: most of them wait for processes more than they compute.
    maxWorkers: "100%",
  },
});
