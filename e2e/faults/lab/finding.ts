/** What is wanted of a figure. */
type Bound =
  | { readonly kind: "none" }
  | { readonly kind: "exactly"; readonly value: number }
  | { readonly kind: "at most"; readonly value: number }
  | { readonly kind: "at least"; readonly value: number };

/** One figure of a scenario. */
export interface Finding {
  readonly what: string;
  readonly measured: number;
  /** Such as `ms`; empty for a count. */
  readonly unit: string;
  readonly wanted: Bound;
}

/** A figure that is only told. */
export function figure(what: string, measured: number, unit = ""): Finding {
  return { what, measured, unit, wanted: { kind: "none" } };
}

export function exactly(what: string, measured: number, value: number, unit = ""): Finding {
  return { what, measured, unit, wanted: { kind: "exactly", value } };
}

export function atMost(what: string, measured: number, value: number, unit = ""): Finding {
  return { what, measured, unit, wanted: { kind: "at most", value } };
}

export function atLeast(what: string, measured: number, value: number, unit = ""): Finding {
  return { what, measured, unit, wanted: { kind: "at least", value } };
}

/** True: the figure is as it should be. */
export function holds({ measured, wanted }: Finding): boolean {
  switch (wanted.kind) {
    case "none":
      return true;
    case "exactly":
      return measured === wanted.value;
    case "at most":
      return measured <= wanted.value;
    case "at least":
      return measured >= wanted.value;
  }
}

/** `calls that failed: 3 (exactly 0)`. */
export function describeFinding(finding: Finding): string {
  const { what, measured, unit, wanted } = finding;
  const bound = wanted.kind === "none" ? "" : ` (${wanted.kind} ${withUnit(wanted.value, unit)})`;
  return `${what}: ${withUnit(measured, unit)}${bound}`;
}

/** A row of a Markdown table: scenario, figure, what was wanted, whether it was so. */
export function tableRow(scenario: string, finding: Finding): string {
  const { what, measured, unit, wanted } = finding;
  const bound = wanted.kind === "none" ? "" : `${wanted.kind} ${withUnit(wanted.value, unit)}`;
  const verdict = wanted.kind === "none" ? "" : holds(finding) ? "✓" : "✗";
  return `| ${scenario} | ${what} | ${withUnit(measured, unit)} | ${bound} | ${verdict} |`;
}

function withUnit(value: number, unit: string): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
  return unit === "" ? String(rounded) : `${rounded} ${unit}`;
}
