// Makes the empty embedded database that the first start copies: initdb takes seconds, a copy a tenth of one.
import { existsSync, renameSync, rmSync } from "node:fs";
import { templateFolder } from "../dist/database/template-folder.js";

const folder = templateFolder();
if (!existsSync(folder)) {
  const { initialise } = await import("../dist/database/embedded.js");
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  await initialise(draft);
  renameSync(draft, folder);
}
