/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export function asObject(value: Json, refuse: () => Error): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw refuse();
}

/** One text, or a list of them; numbers and booleans count as their text. */
export function asTexts(value: Json, refuse: () => Error): string[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [value as Json];
  return list.map((one) => {
    if (typeof one === "string") return one;
    if (typeof one === "number" || typeof one === "boolean") return String(one);
    throw refuse();
  });
}
