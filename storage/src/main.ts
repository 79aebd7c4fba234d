import { HELP, readCommand } from "./commands/read-command.js";
import { runOnce } from "./commands/run-once.js";

// Each command is loaded when it is asked for: what only one needs costs the others no time.
await runOnce(async () => {
  const command = readCommand(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      process.stdout.write(HELP);
      return;
    case "serve":
      return (await import("./commands/serve.js")).serveStorage(process.env);
    case "migrate":
      return (await import("./commands/migrate.js")).migrateDatabase(process.env);
    case "import":
      return (await import("./commands/import.js")).importDatabase(process.env, command.from);
  }
});
