// The official `prisma` command speaks JSON-RPC with a schema engine that it starts as a child. This is one, built on the
// WebAssembly engine that Prisma publishes to npm: no download, and no server, for without DATABASE_URL it works on the
// embedded database of DATA_DIR. prisma.config.ts points PRISMA_SCHEMA_ENGINE_BINARY here.
import { reportStartFailure } from "./log.js";
import { openTarget, type Target } from "./target.js";

const CLI_COMMAND = process.argv[process.argv.indexOf("cli") + 1];

/** `prisma` asks this way whether the database answers, before most commands. */
async function canConnect(target: Target): Promise<void> {
  const adapter = await target.factory.connect();
  await adapter.queryRaw({ sql: "SELECT 1", args: [], argTypes: [] });
  await adapter.dispose();
}

async function main(): Promise<void> {
  const target = await openTarget(process.argv);
  // The command ends its engine with SIGTERM right after the last answer.
  process.once("SIGTERM", () => void target.close().finally(() => process.exit(0)));
  try {
    if (process.argv.includes("cli")) {
      if (CLI_COMMAND === "can-connect-to-database") await canConnect(target);
      else
        throw new Error(
          `the ${CLI_COMMAND ?? "unnamed"} command needs Prisma's own engine: create the database with PostgreSQL's createdb`,
        );
    } else {
      const { answerRequests } = await import("./requests.js");
      await answerRequests(target.factory);
    }
  } finally {
    await target.close();
  }
}

try {
  await main();
  process.exit(0);
} catch (error) {
  reportStartFailure(error);
  process.exit(1);
}
