import { defineConfig } from "vitest/config";

// Workspaces are imported as source: no build between an edit and its test.
const conditions = ["@refrain/source", "node"];

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    sequence: { shuffle: true },
    // As many at once as there are cores, not one less: most of them wait for processes more than they compute.
    maxWorkers: "100%",
    projects: [
      // What has no process, port or database of its own shares those of its worker, and what it imports: that is most of its time.
      { extends: true, test: { name: "units", include: ["*/src/**/*.test.ts"], isolate: false } },
      { extends: true, test: { name: "programs", include: ["*/test/**/*.test.ts", "e2e/faults/**/*.test.ts"] } },
    ],
  },
});
