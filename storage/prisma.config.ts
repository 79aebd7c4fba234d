import { fileURLToPath } from "node:url";
import { defineConfig } from "prisma/config";

// Prisma's own engine is a download that offline machines do not get; see scripts/schema-engine/main.ts.
process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= fileURLToPath(new URL("scripts/schema-engine.mjs", import.meta.url));

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  // The command wants some address; this one means the embedded database of DATA_DIR.
  datasource: { url: process.env["DATABASE_URL"]?.trim() || "postgresql://refrain@embedded.invalid/refrain" },
});
