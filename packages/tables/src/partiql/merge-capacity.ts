import type { ConsumedCapacity } from "../engine/capacity.ts";

/** What several requests used together, one entry for each table; `undefined` for nothing. */
export function mergeCapacity(
  all: readonly (ConsumedCapacity | undefined)[],
): readonly ConsumedCapacity[] | undefined {
  const byTable = new Map<string, ConsumedCapacity>();
  for (const used of all) {
    if (used === undefined) continue;
    const before = byTable.get(used.tableName);
    byTable.set(used.tableName, before === undefined ? used : add(before, used));
  }
  return byTable.size === 0 ? undefined : [...byTable.values()];
}

/** Numbers are added, parts that only one side has are kept. */
function add<T extends object>(left: T, right: T): T {
  const sum = new Map<string, unknown>(Object.entries(left));
  for (const [name, value] of Object.entries(right)) {
    const before = sum.get(name);
    if (typeof value === "number" && typeof before === "number") sum.set(name, before + value);
    else if (isObject(value) && isObject(before)) sum.set(name, add(before, value));
    else sum.set(name, value);
  }
  return Object.fromEntries(sum) as T;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
