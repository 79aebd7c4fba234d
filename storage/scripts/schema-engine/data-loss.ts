const LOSSES: readonly { pattern: RegExp; say: (...names: string[]) => string }[] = [
  { pattern: /^DROP TABLE "([^"]+)"/gm, say: (table) => `The table ${table} goes, with all its rows.` },
  {
    pattern: /ALTER TABLE "([^"]+)"[^;]*?DROP COLUMN "([^"]+)"/g,
    say: (table, column) => `The column ${column} of ${table} goes, with all its values.`,
  },
  {
    pattern: /ALTER TABLE "([^"]+)"[^;]*?ALTER COLUMN "([^"]+)" SET DATA TYPE/g,
    say: (table, column) => `The column ${column} of ${table} changes its type: values that do not fit make the migration fail.`,
  },
  {
    pattern: /ALTER TABLE "([^"]+)"[^;]*?ADD COLUMN\s+"([^"]+)"(?=[^,;]*NOT NULL)(?![^,;]*DEFAULT)/g,
    say: (table, column) => `The column ${column} of ${table} has no default: with rows in the table the migration fails.`,
  },
  {
    pattern: /^CREATE UNIQUE INDEX "[^"]+" ON "([^"]+)"/gm,
    say: (table) => `Rows of ${table} that are alike make the migration fail.`,
  },
];

/** What a migration may destroy or trip over, one sentence each. Empty: nothing that its SQL shows. */
export function findDataLoss(sql: string): string[] {
  // A table that this very migration makes has no rows yet.
  const fresh = new Set([...sql.matchAll(/^CREATE TABLE "([^"]+)"/gm)].map(([, table]) => table));
  return LOSSES.flatMap(({ pattern, say }) =>
    [...sql.matchAll(pattern)].filter(([, table]) => !fresh.has(table)).map(([, ...names]) => say(...names)),
  );
}
