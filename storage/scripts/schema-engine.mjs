#!/usr/bin/env node
// Stands in for Prisma's schema engine, a binary that this project never downloads: see schema-engine/main.ts.
import { register } from "tsx/esm/api";

register();
await import("./schema-engine/main.ts");
