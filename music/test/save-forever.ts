import { createLogger } from "@refrain/mesh";
import { openFileStore } from "../src/files/file-store.js";
import { openLocalHome } from "../src/files/local-home.js";
import { contentOf, put } from "./save-one.js";

// Stores one file after another in a folder, and says which are done, until it is killed.
const [folder = "", from = "0"] = process.argv.slice(2);
const home = await openLocalHome({ folder, now: Date.now });
const store = openFileStore({ home, maxBytes: 1e9, maxAgeMs: 0, now: Date.now, logger: createLogger("test", "silent") });
await store.ready;
process.stdout.write("ready\n");
for (let id = Number(from); ; id++) {
  await put(store, String(id), contentOf(id), { folder: `${folder}-incoming`, cover: Buffer.from(`cover ${id}`) });
  process.stdout.write(`${id}\n`);
}
