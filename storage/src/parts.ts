/** The insides of storage, for measuring them without a server around them. No service needs them. */
export { openDatabase, type Database } from "./database/database.js";
export { createRepo, type Repo } from "./repo/repo.js";
export { searchText } from "./search-text.js";
export { trackKey } from "./track-key.js";
