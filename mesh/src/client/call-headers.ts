import { Metadata } from "@grpc/grpc-js";
import { toMetadata } from "../metadata.js";

export type HeaderInit = ConstructorParameters<typeof Headers>[0];

/**
 * What a call sends beside its message.
 *
 * Interceptors of the mesh `set` what they add, and Connect's Headers are built only when somebody asks for them: making and
 * reading these costs more than all of the chain.
 */
export class CallHeaders {
  readonly #given: HeaderInit;
  readonly #added: [name: string, value: string][] = [];
  #headers: Headers | undefined;

  /** @param given by the caller, with the call */
  constructor(given?: HeaderInit) {
    this.#given = given;
  }

  /** All of them, to be read and changed. */
  get headers(): Headers {
    if (this.#headers) return this.#headers;
    this.#headers = new Headers(this.#given);
    for (const [name, value] of this.#added) this.#headers.set(name, value);
    return this.#headers;
  }

  /** @param name in lower case */
  set(name: string, value: string): void {
    if (this.#headers || name.endsWith("-bin")) this.headers.set(name, value);
    else this.#added.push([name, value]);
  }

  /** For the wire. A new one each time: grpc-js adds to it. */
  toMetadata(): Metadata {
    if (this.#headers || !isPlain(this.#given)) return toMetadata(this.headers);
    const metadata = new Metadata();
    for (const name in this.#given) metadata.set(name, this.#given[name] ?? "");
    for (const [name, value] of this.#added) metadata.set(name, value);
    return metadata;
  }
}

/** An object of texts, as callers write it; binary entries and lists take the longer way. */
function isPlain(given: HeaderInit): given is Readonly<Record<string, string>> | undefined {
  if (given === undefined) return true;
  if (given instanceof Headers || Array.isArray(given)) return false;
  return Object.entries(given).every(([name, value]) => typeof value === "string" && !name.endsWith("-bin"));
}
