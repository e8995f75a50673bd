import { wrongLines } from "./core-state.ts";
import type { CoreState, Unneeded } from "./core-state.ts";

/** Which lines differ, and how. */
export function difference(expected: CoreState, found: CoreState, unneeded?: Unneeded): string {
  const wrong = [...wrongLines(expected, found, unneeded)];
  const shown = wrong.slice(0, 4).map((line) => {
    const [want, have] = [expected.get(line), found.get(line)].map(show);
    return `${JSON.stringify(line)}: expected ${want}, found ${have}`;
  });
  return shown.join("; ") + (wrong.length > 4 ? ` and ${wrong.length - 4} more` : "");
}

function show(value: string | undefined): string {
  if (value === undefined) return "nothing";
  return value.length > 40
    ? `${JSON.stringify(value.slice(0, 40))}…(${value.length})`
    : JSON.stringify(value);
}
