import type { Pool } from "pg";
import type { PrismaClient } from "../generated/prisma/client.js";

/** Prisma, for simple queries that nobody waits for: it costs two to seven times as much as a statement of our own. */
export interface Prisma {
  /** Loads it with the first use: that takes longer than all the rest of a start of storage. */
  client(): Promise<PrismaClient>;
  /** Ends it, not the pool. */
  close(): Promise<void>;
}

/** Statements that the server keeps prepared. Lists make new SQL for every length, so without a bound they would pile up. */
const MAX_PREPARED = 200;

/** Prisma over a pool that somebody else ends. `onError`: an idle connection broke; the pool has replaced it already. */
export function createPrisma(pool: Pool, onError: (error: Error) => void): Prisma {
  let loaded: Promise<PrismaClient> | undefined;
  return {
    client: () => (loaded ??= load(pool, onError)),
    close: async () => {
      await (await loaded)?.$disconnect();
    },
  };
}

async function load(pool: Pool, onError: (error: Error) => void): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import("@prisma/adapter-pg"),
    import("../generated/prisma/client.js"),
  ]);
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
