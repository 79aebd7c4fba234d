import type { DescMethod } from "@bufbuild/protobuf";
import type { Logger } from "../log.js";
import { Circuit, type CircuitState } from "./circuit.js";
import { clientMetrics } from "./client-metrics.js";

const GAUGE: Readonly<Record<CircuitState, number>> = { closed: 0, half_open: 1, open: 2 };

export interface CircuitsOptions {
  /** Time until a call is tried after a circuit opened, in milliseconds. */
  resetMs: number;
  /** Told of each change. */
  logger?: Logger | undefined;
}

/** What a circuit says of itself, for `/health`. */
export interface CircuitReport {
  /** Name of the method, such as `Search`. */
  method: string;
  state: CircuitState;
}

/** The circuit breakers of one client, one for each method that was called. */
export class Circuits {
  readonly #options: CircuitsOptions;
  readonly #byMethod = new Map<DescMethod, Circuit>();

  constructor(options: CircuitsOptions) {
    this.#options = options;
  }

  of(method: DescMethod): Circuit {
    const known = this.#byMethod.get(method);
    if (known) return known;
    const circuit = this.#create(method);
    this.#byMethod.set(method, circuit);
    return circuit;
  }

  report(): CircuitReport[] {
    return [...this.#byMethod].map(([{ name }, { state }]) => ({ method: name, state }));
  }

  /** The service is connected again: what is open is tried with the next call. */
  tryNow(): void {
    for (const circuit of this.#byMethod.values()) circuit.tryNow();
  }

  close(): void {
    for (const circuit of this.#byMethod.values()) circuit.close();
  }

  #create({ name, parent }: DescMethod): Circuit {
    const gauge = clientMetrics.circuitState.labels(parent.typeName, name);
    const refused = clientMetrics.circuitRejections.labels(parent.typeName, name);
    gauge.set(GAUGE.closed);
    return new Circuit({
      name: `${parent.typeName}/${name}`,
      resetMs: this.#options.resetMs,
      onRefused: () => refused.inc(),
      onState: (state) => {
        gauge.set(GAUGE[state]);
        this.#log(state, `${parent.typeName}/${name}`);
      },
    });
  }

  #log(state: CircuitState, method: string): void {
    const { logger, resetMs } = this.#options;
    if (state === "open") logger?.warn({ method, retry_ms: resetMs }, "circuit open: calls fail at once");
    else if (state === "closed") logger?.info({ method }, "circuit closed: the service answers again");
    else logger?.debug({ method }, "circuit half-open: the next call is tried");
  }
}
