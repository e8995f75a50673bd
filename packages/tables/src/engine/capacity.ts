import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import { READ_UNIT_BYTES } from "../constants.ts";
import type { IndexUnits } from "./index-entries.ts";

export type ReturnConsumedCapacity = "INDEXES" | "TOTAL" | "NONE";

/** What a request used of a table, in capacity units. */
export interface ConsumedCapacity {
  readonly tableName: string;
  readonly capacityUnits: number;
  /** Of transactions: which kind of units they are. */
  readonly readCapacityUnits?: number | undefined;
  readonly writeCapacityUnits?: number | undefined;
  /** With INDEXES: the parts. */
  readonly table?: UnitsOf | undefined;
  readonly localSecondaryIndexes?: Readonly<Record<string, UnitsOf>> | undefined;
  readonly globalSecondaryIndexes?: Readonly<Record<string, UnitsOf>> | undefined;
}

export interface UnitsOf {
  readonly capacityUnits: number;
  readonly readCapacityUnits?: number | undefined;
  readonly writeCapacityUnits?: number | undefined;
}

/** One unit for each 4 KiB begun, half of it when the read may be stale; at least one of them. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
}

/** Adds up what the parts of one request used of one table. */
export class CapacityTally {
  readonly #table: TableRecord;
  readonly #indexes: IndexUnits = new Map();
  #tableUnits = 0;

  constructor(table: TableRecord) {
    this.#table = table;
  }

  add(tableUnits: number, indexes?: IndexUnits): void {
    this.#tableUnits += tableUnits;
    for (const [name, units] of indexes ?? []) this.addIndex(name, units);
  }

  addIndex(name: string, units: number): void {
    this.#indexes.set(name, (this.#indexes.get(name) ?? 0) + units);
  }

  /** What to answer; `undefined` when the request did not ask. */
  report(
    wanted: ReturnConsumedCapacity | undefined,
    kind?: "read" | "write",
  ): ConsumedCapacity | undefined {
    if (wanted === undefined || wanted === "NONE") return undefined;
    let total = this.#tableUnits;
    for (const units of this.#indexes.values()) total += units;
    const base = { tableName: this.#table.name, ...unitsOf(total, kind) };
    if (wanted === "TOTAL") return base;
    const local = this.#of(this.#table.localIndexes, kind);
    const global = this.#of(this.#table.globalIndexes, kind);
    return {
      ...base,
      table: unitsOf(this.#tableUnits, kind),
      ...(local === undefined ? {} : { localSecondaryIndexes: local }),
      ...(global === undefined ? {} : { globalSecondaryIndexes: global }),
    };
  }

  #of(
    indexes: readonly IndexRecord[],
    kind: "read" | "write" | undefined,
  ): Record<string, UnitsOf> | undefined {
    const used = indexes.filter(({ name }) => this.#indexes.has(name));
    if (used.length === 0) return undefined;
    return Object.fromEntries(
      used.map(({ name }) => [name, unitsOf(this.#indexes.get(name) ?? 0, kind)]),
    );
  }
}

function unitsOf(units: number, kind: "read" | "write" | undefined): UnitsOf {
  if (kind === "read") return { capacityUnits: units, readCapacityUnits: units };
  if (kind === "write") return { capacityUnits: units, writeCapacityUnits: units };
  return { capacityUnits: units };
}
