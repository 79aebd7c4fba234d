import { expect } from "vitest";
import { describeFinding, holds, type Finding } from "./lab/finding.js";

/** Every figure of a scenario is as it should be; what is not is told with its measure. */
export function expectFindings(findings: readonly Finding[]): void {
  expect(findings.filter((finding) => !holds(finding)).map(describeFinding)).toEqual([]);
  expect(findings.filter(({ wanted }) => wanted.kind !== "none")).not.toEqual([]);
}
