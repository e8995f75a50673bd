import type { Problem, Rule } from "./problem.ts";

/** The sentence that AWS's JSON services send: `2 validation errors detected: Value '' at …; …`. */
export function constraintText(problems: readonly Problem[]): string {
  const count = problems.length;
  const told = problems.map(({ path, value, rule }) => {
    return `Value ${javaText(value)} at '${path}' failed to satisfy constraint: ${ruleText(rule)}`;
  });
  return `${count} validation error${count === 1 ? "" : "s"} detected: ${told.join("; ")}`;
}

function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case "required":
      return "Member must not be null";
    case "min":
      return `Member must have ${rule.of} greater than or equal to ${rule.bound}`;
    case "max":
      return `Member must have ${rule.of} less than or equal to ${rule.bound}`;
    case "pattern":
      return `Member must satisfy regular expression pattern: ${rule.pattern}`;
    case "values":
      return `Member must satisfy enum value set: [${rule.values.join(", ")}]`;
  }
}

// The services print what Java's toString gives.
function javaText(value: unknown): string {
  return value === undefined ? "null" : `'${plainText(value)}'`;
}

function plainText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  if (value instanceof Uint8Array)
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).map(([key, item]) => `${key}=${plainText(item)}`);
  return `{${parts.join(", ")}}`;
}
