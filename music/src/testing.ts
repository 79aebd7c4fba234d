export * from "./testing/fake-archive/fake-archive.js";
export type { ItemDocument } from "./testing/fake-archive/documents.js";
export type { FileFetches } from "./testing/fake-archive/fetch-log.js";
export type { Misbehaviour } from "./testing/fake-archive/misbehave.js";
