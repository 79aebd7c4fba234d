import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { bindMigrationAwareSqlAdapterFactory, type SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import type * as Wasm from "@prisma/schema-engine-wasm/schema_engine_bg";
import type {
  CreateMigrationInput,
  CreateMigrationOutput,
  DiffResult,
  EvaluateDataLossOutput,
  SchemaEngine,
} from "@prisma/schema-engine-wasm";
import { findDataLoss } from "./data-loss.js";

/** Answers one request of the `prisma` command. */
export type Engine = (method: string, params: unknown) => Promise<unknown>;

type Factory = SqlMigrationAwareDriverAdapterFactory;

/** Loads the WebAssembly engine. `print` shows text to the person at the terminal. */
export async function createEngine(factory: Factory, print: (content: string) => void): Promise<Engine> {
  const { SchemaEngine } = await load();
  const datamodels: [string, string][] = [["schema.prisma", 'datasource db {\n  provider = "postgresql"\n}']];
  const engine = await SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
  return (method, params) => answer(engine, method, params, print);
}

async function load(): Promise<typeof Wasm> {
  const glue = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const exports = (await import(glue)) as typeof Wasm;
  // The engine calls this when it panics; without it the reason would be lost.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => process.stderr.write(`${text}\n`) } });
  const module = await WebAssembly.compile(await readFile(glue.replace(/\.js$/, ".wasm")));
  const instance = await WebAssembly.instantiate(module, { "./schema_engine_bg.js": { ...exports } });
  // oxlint-disable-next-line no-underscore-dangle -- the name that wasm-bindgen gives it
  exports.__wbg_set_wasm(instance.exports);
  const start = instance.exports["__wbindgen_start"];
  if (typeof start === "function") start();
  return exports;
}

async function answer(engine: SchemaEngine, method: string, params: unknown, print: (content: string) => void): Promise<unknown> {
  switch (method) {
    case "getDatabaseVersion":
      return engine.version(null);
    case "createMigration":
      return createMigration(engine, params as CreateMigrationInput);
    case "evaluateDataLoss":
      return evaluateDataLoss(engine, params as CreateMigrationInput);
    case "diff": {
      const result = await engine.diff(params as Parameters<SchemaEngine["diff"]>[0]);
      if (result.stdout !== null) print(result.stdout);
      return result;
    }
    case "applyMigrations":
    case "dbExecute":
    case "devDiagnostic":
    case "diagnoseMigrationHistory":
    case "ensureConnectionValidity":
    case "introspect":
    case "markMigrationApplied":
    case "markMigrationRolledBack":
    case "reset":
    case "schemaPush":
      // The command and the engine are of one version and agree on the shape.
      return engine[method](params as never);
    default:
      throw new Error(`the WebAssembly schema engine does not know ${method}`);
  }
}

/** From the migrations to the schema. In WebAssembly the engine's own createMigration does not work for PostgreSQL; its diff does. */
function difference(engine: SchemaEngine, { migrationsList, schema, filters }: CreateMigrationInput): Promise<DiffResult> {
  return engine.diff({
    // Before the first migration there is no migration_lock.toml either, and "migrations" wants one.
    from: migrationsList.migrationDirectories.length === 0 ? { tag: "empty" } : { tag: "migrations", ...migrationsList },
    to: { tag: "schemaDatamodel", ...schema },
    script: true,
    exitCode: true,
    filters,
  });
}

async function createMigration(engine: SchemaEngine, input: CreateMigrationInput): Promise<CreateMigrationOutput> {
  const { exitCode, stdout } = await difference(engine, input);
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const empty = input.draft ? "-- This is an empty migration." : null;
  return {
    connectorType: "postgresql",
    extension: "sql",
    migrationScript: exitCode === CHANGED ? stdout : empty,
    generatedMigrationName: input.migrationName === "" ? time : `${time}_${input.migrationName}`,
  };
}

async function evaluateDataLoss(engine: SchemaEngine, input: CreateMigrationInput): Promise<EvaluateDataLossOutput> {
  const { exitCode, stdout } = await difference(engine, input);
  const warnings = findDataLoss(stdout ?? "").map((message) => ({ message, stepIndex: 0 }));
  return { migrationSteps: exitCode === CHANGED ? 1 : 0, unexecutableSteps: [], warnings };
}

/** Exit code of a diff that found a difference. */
const CHANGED = 2;
