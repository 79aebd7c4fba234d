import { PrismaPg } from "@prisma/adapter-pg";
import type { Pool } from "pg";
import { PrismaClient } from "../generated/prisma/client.js";

/** Statements that the server keeps prepared. Lists make new SQL for every length, so without a bound they would pile up. */
const MAX_PREPARED = 200;

/** Prisma over a pool that somebody else ends. `onError`: an idle connection broke; the pool has replaced it already. */
export function createPrisma(pool: Pool, onError: (error: Error) => void): PrismaClient {
  const adapter = new PrismaPg(pool, {
    statementNameGenerator: nameStatements(),
    onPoolError: onError,
    onConnectionError: onError,
  });
  return new PrismaClient({ adapter, errorFormat: "minimal" });
}

/** Names the first statements; an empty name means: parse it anew. */
function nameStatements(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_PREPARED) return "";
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}
