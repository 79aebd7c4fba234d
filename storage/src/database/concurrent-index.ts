import type { ClientBase } from "pg";

/** An index that a migration makes or removes while others read and write its table. */
export interface ConcurrentIndex {
  readonly change: "create" | "drop";
  readonly name: string;
}

const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const STATEMENT =
  /^(?:(create)\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?|drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?)(?:"([^"]+)"|(?!on\b)([a-z_]\w*))(?![\w.])[^;]*;?$/i;

/** What a script changes concurrently, when it is one such statement and nothing else; undefined for every other script. */
export function readConcurrentIndex(script: string): ConcurrentIndex | undefined {
  const [, create, quoted, bare] = STATEMENT.exec(script.replace(COMMENTS, "").trim()) ?? [];
  const name = quoted ?? bare?.toLowerCase();
  if (name === undefined) return undefined;
  return { change: create === undefined ? "drop" : "create", name };
}

/**
 * Runs such a script, outside of any transaction. What an attempt left that was killed in the middle (an index that PostgreSQL
 * keeps up to date and never uses) is removed first; what one left that was killed right behind the end is taken as done.
 */
export async function changeConcurrently(client: ClientBase, { change, name }: ConcurrentIndex, script: string): Promise<void> {
  const found = await findIndex(client, name);
  if (change === "drop" ? found === "none" : found === "valid") return;
  if (change === "create") await removeInvalid(client, name);
  await client.query(script);
}

/** Removes an index that was begun and not finished; leaves one that works. */
export async function removeInvalid(client: ClientBase, name: string): Promise<void> {
  if ((await findIndex(client, name)) !== "invalid") return;
  await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${client.escapeIdentifier(name)}`);
}

async function findIndex(client: ClientBase, name: string): Promise<"none" | "invalid" | "valid"> {
  const { rows } = await client.query<{ valid: boolean }>(
    `SELECT i.indisvalid AND i.indisready AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace`,
    [name],
  );
  const [index] = rows;
  if (index === undefined) return "none";
  return index.valid ? "valid" : "invalid";
}
