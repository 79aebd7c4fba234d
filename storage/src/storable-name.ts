import { UnstorableNameError } from "./errors.js";

/** Returns a name as it is, if PostgreSQL can hold it. @throws {UnstorableNameError} */
export function storableName(field: string, name: string): string {
  if (name.includes("\u0000") || /\p{Surrogate}/u.test(name)) throw new UnstorableNameError(field);
  return name;
}
