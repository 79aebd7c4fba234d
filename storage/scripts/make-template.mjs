// Makes the embedded databases that starts copy: an empty one, and one with all migrations.
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readMigrations } from "../dist/database/migration-files.js";
import { templateFolder } from "../dist/database/template-folder.js";

const empty = templateFolder([]);
const migrated = templateFolder(await readMigrations());

if (!existsSync(empty)) {
  const { initialise } = await import("../dist/database/embedded.js");
  await make(empty, initialise);
}
if (!existsSync(migrated)) {
  const { openDatabase } = await import("../dist/database/database.js");
  const { embeddedFolder } = await import("../dist/database/folder.js");
  const dataDir = `${migrated}.data`;
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir);
  const database = await openDatabase({ kind: "embedded", dataDir });
  await database.close();
  await make(migrated, (draft) => cpSync(join(embeddedFolder(dataDir), "db"), draft, { recursive: true }));
  rmSync(dataDir, { recursive: true });
}
for (const name of readdirSync(dirname(empty))) {
  const isOld = name.startsWith("embedded-") && ![empty, migrated].some((folder) => name === basename(folder));
  if (isOld) rmSync(join(dirname(empty), name), { recursive: true });
}

/** Under its name only when it is whole. */
async function make(folder, write) {
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  await write(draft);
  renameSync(draft, folder);
}
