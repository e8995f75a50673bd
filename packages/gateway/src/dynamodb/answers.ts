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

const COMMA = Buffer.from(",");

/** Encodes an object whose values are bytes (JSON text), lists of them, or plain data. */
export function readyAnswer(answer: Answer): ReadyBody {
  const parts = new AnswerParts();
  let separator = "{";
  for (const name in answer) {
    const value = answer[name];
    if (value === undefined) continue;
    parts.text(`${separator}${JSON.stringify(name)}:`);
    parts.value(value);
    separator = ",";
  }
  if (separator === "{") return new ReadyBody("{}");
  parts.text("}");
  return new ReadyBody(parts.whole());
}

/** Texts and bytes in turn; neighbouring texts become one. */
class AnswerParts {
  readonly #parts: Uint8Array[] = [];
  #text = "";

  text(text: string): void {
    this.#text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.#flush();
    this.#parts.push(bytes);
  }

  value(value: unknown): void {
    if (value instanceof Uint8Array) this.bytes(value);
    else if (value instanceof ItemList) value.addTo(this);
    else if (value instanceof Map) this.#map(value as ReadonlyMap<string, unknown>);
    else this.text(JSON.stringify(value));
  }

  /** All of it: as text when nothing else is in it. */
  whole(): Uint8Array | string {
    if (this.#parts.length === 0) return this.#text;
    this.#flush();
    return Buffer.concat(this.#parts);
  }

  #map(map: ReadonlyMap<string, unknown>): void {
    let separator = "";
    this.text("{");
    for (const [name, value] of map) {
      this.text(`${separator}${JSON.stringify(name)}:`);
      this.value(value);
      separator = ",";
    }
    this.text("}");
  }

  #flush(): void {
    if (this.#text === "") return;
    this.#parts.push(Buffer.from(this.#text));
    this.#text = "";
  }
}

/** A list of texts. */
export class ItemList {
  readonly #items: readonly ItemText[];

  constructor(items: readonly ItemText[]) {
    this.#items = items;
  }

  addTo(parts: AnswerParts): void {
    parts.text("[");
    for (let i = 0; i < this.#items.length; i++) {
      if (i > 0) parts.bytes(COMMA);
      parts.bytes(this.#items[i] as ItemText);
    }
    parts.text("]");
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
