import type { CareProblem } from "@firn/core";

const OWNERS_SHOWN = 10;

/** What is wrong, where, and whose it is. */
export function problemLines(kind: string, problem: CareProblem): string[] {
  const { what, owners = [], ...place } = problem;
  const known = Object.entries(place).filter(([, value]) => value !== undefined);
  const where = known.map(([name, value]) => `${name} ${String(value)}`).join(", ");
  const lines = [`${kind} ${where === "" ? what : `${what} (${where})`}`];
  for (const owner of owners.slice(0, OWNERS_SHOWN)) lines.push(`          hits ${owner}`);
  if (owners.length > OWNERS_SHOWN) {
    lines.push(`          and ${owners.length - OWNERS_SHOWN} more: see --json`);
  }
  return lines;
}
