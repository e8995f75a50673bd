import type {
  AttributeMap,
  ConsumedCapacity,
  ItemCollectionMetrics,
  ItemText,
  UnitsOf,
} from "@firn/tables";
import { ReadyBody } from "@firn/wire";

/*
 * Answers that hold items are put together as bytes: an item's text goes from the store to the
 * socket without being parsed. What stands around it is small and encoded as usual.
 */

/** One member of an answer: `undefined` is left out. Bytes are JSON text already. */
export type Answer = Readonly<Record<string, unknown>>;

const OPEN = Buffer.from("{");
const CLOSE = Buffer.from("}");
const COMMA = Buffer.from(",");

/** Encodes an object whose values are bytes (JSON text), lists of them, or plain data. */
export function readyAnswer(answer: Answer): ReadyBody {
  const parts: Uint8Array[] = [];
  for (const name of Object.keys(answer)) {
    const value = answer[name];
    if (value === undefined) continue;
    parts.push(parts.length === 0 ? OPEN : COMMA, Buffer.from(`${JSON.stringify(name)}:`));
    addValue(parts, value);
  }
  if (parts.length === 0) return new ReadyBody("{}");
  parts.push(CLOSE);
  return new ReadyBody(Buffer.concat(parts));
}

function addValue(parts: Uint8Array[], value: unknown): void {
  if (value instanceof Uint8Array) parts.push(value);
  else if (value instanceof ItemList) value.addTo(parts);
  else if (value instanceof Map) addMap(parts, value as ReadonlyMap<string, unknown>);
  else parts.push(Buffer.from(JSON.stringify(value)));
}

function addMap(parts: Uint8Array[], map: ReadonlyMap<string, unknown>): void {
  let first = true;
  parts.push(OPEN);
  for (const [name, value] of map) {
    if (!first) parts.push(COMMA);
    first = false;
    parts.push(Buffer.from(`${JSON.stringify(name)}:`));
    addValue(parts, value);
  }
  parts.push(CLOSE);
}

/** A list of texts. */
export class ItemList {
  readonly #items: readonly ItemText[];

  constructor(items: readonly ItemText[]) {
    this.#items = items;
  }

  addTo(parts: Uint8Array[]): void {
    parts.push(Buffer.from("["));
    this.#items.forEach((item, i) => {
      if (i > 0) parts.push(COMMA);
      parts.push(item);
    });
    parts.push(Buffer.from("]"));
  }
}

type Capitalized = Readonly<Record<string, unknown>>;

/** Engine names to wire names, in depth: `capacityUnits` to `CapacityUnits`. */
export function capitalized(value: object): Capitalized {
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) out[name.charAt(0).toUpperCase() + name.slice(1)] = deep(member);
  }
  return out;
}

function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep);
  return typeof value === "object" && value !== null ? capitalized(value) : value;
}

/** Index names are the user's: they stay as they are. */
export function capacityOf(used: ConsumedCapacity | undefined): Capitalized | undefined {
  if (used === undefined) return undefined;
  const { localSecondaryIndexes, globalSecondaryIndexes, ...rest } = used;
  return {
    ...capitalized(rest),
    LocalSecondaryIndexes: byIndex(localSecondaryIndexes),
    GlobalSecondaryIndexes: byIndex(globalSecondaryIndexes),
  };
}

function byIndex(
  units: Readonly<Record<string, UnitsOf>> | undefined,
): Readonly<Record<string, Capitalized>> | undefined {
  if (units === undefined) return undefined;
  return Object.fromEntries(Object.entries(units).map(([name, used]) => [name, capitalized(used)]));
}

export function capacitiesOf(
  used: readonly ConsumedCapacity[] | undefined,
): readonly (Capitalized | undefined)[] | undefined {
  return used?.map(capacityOf);
}

export function metricsOf(metrics: ItemCollectionMetrics | undefined): Capitalized | undefined {
  if (metrics === undefined) return undefined;
  return {
    ItemCollectionKey: JSON.parse(
      Buffer.from(metrics.itemCollectionKey).toString(),
    ) as AttributeMap,
    SizeEstimateRangeGB: metrics.sizeEstimateRangeGB,
  };
}
