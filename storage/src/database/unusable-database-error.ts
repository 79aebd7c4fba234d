/** Why a database cannot be used, in one line that says what to do. Never holds a password. */
export class UnusableDatabaseError extends Error {
  override readonly name = "UnusableDatabaseError";
}
