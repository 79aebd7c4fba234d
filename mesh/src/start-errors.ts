/** A setting that stops the start. The message names the variable, what was wrong, and an example. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly variable: string;

  constructor(variable: string, problem: string, example: string) {
    super(`${variable} ${problem}. Example: ${variable}=${example}`);
    this.variable = variable;
  }
}

/** A start that cannot work. The message is one line that says what to do. */
export class StartError extends Error {
  override name = "StartError";
}
