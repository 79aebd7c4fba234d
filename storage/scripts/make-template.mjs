// Makes the empty embedded database that the first start copies: initdb takes seconds, a copy a tenth of one.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { initialise, templateFolder } from "../dist/database/embedded.js";

const folder = templateFolder();
if (!existsSync(folder)) {
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await initialise(draft);
  renameSync(draft, folder);
}
