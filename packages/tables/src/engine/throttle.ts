import type { Clock } from "@firn/core";
import type { IndexRecord, TableRecord, Throughput } from "../catalog/table-record.ts";
import { tableError } from "../errors.ts";
import { TokenBucket } from "./token-bucket.ts";

export type CapacityKind = "read" | "write";

/** An admitted request: it says what it cost in the end. */
export interface Admission {
  settle(units: number): void;
}

/** A table, or one of its indexes. */
export interface CapacityOwner {
  readonly table: TableRecord;
  readonly index?: IndexRecord | undefined;
}

/**
 * Why a request was throttled, in the detail of its error as `throttlingReasons`.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
 */
export interface ThrottlingReason {
  /** Resource, operation and limit: `TableWriteProvisionedThroughputExceeded`. */
  readonly reason: string;
  /** The ARN of the table or index. */
  readonly resource: string;
}

const UNLIMITED: Admission = { settle: () => undefined };

/** Holds tables and global indexes to their provisioned throughput, when it is switched on. */
export class Throttle {
  readonly #clock: Clock;
  readonly #enabled: boolean;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock, enabled: boolean) {
    this.#clock = clock;
    this.#enabled = enabled;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /**
   * Admits a request that will cost at least `units`.
   * @throws FIRN_TABLE_THROUGHPUT_EXCEEDED while the bucket is empty.
   */
  admit(kind: CapacityKind, units: number, { table, index }: CapacityOwner): Admission {
    const bucket = this.#bucket(kind, table, index);
    if (bucket === undefined) return UNLIMITED;
    if (!bucket.admit(units, this.#clock.now())) throw throughputExceeded(kind, { table, index });
    return { settle: (used) => bucket.settle(used - units) };
  }

  /** Charges a global index for its part of a write that its table admitted. */
  charge(units: number, table: TableRecord, index: IndexRecord): void {
    const bucket = this.#bucket("write", table, index);
    if (bucket !== undefined && !bucket.admit(units, this.#clock.now())) bucket.settle(units);
  }

  /** Whether a write to the table must wait for one of its global indexes. */
  checkIndexes(table: TableRecord): void {
    for (const index of table.globalIndexes) this.admit("write", 0, { table, index });
  }

  /** Forgets the buckets of a dropped table. */
  forget(table: TableRecord): void {
    for (const key of this.#buckets.keys()) {
      if (key.startsWith(`${table.id}/`)) this.#buckets.delete(key);
    }
  }

  #bucket(
    kind: CapacityKind,
    table: TableRecord,
    index: IndexRecord | undefined,
  ): TokenBucket | undefined {
    if (!this.#enabled || table.billingMode === "PAY_PER_REQUEST") return undefined;
    // A local index uses its table's capacity.
    const own = index?.throughput;
    const throughput: Throughput = own ?? table.throughput;
    const key = `${table.id}/${own === undefined ? "" : index?.name}/${kind}`;
    const now = this.#clock.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(throughput[kind], now);
      this.#buckets.set(key, bucket);
    }
    bucket.resize(throughput[kind], now);
    return bucket;
  }
}

function throughputExceeded(kind: CapacityKind, owner: CapacityOwner): Error {
  const { table } = owner;
  const index = owner.index?.throughput === undefined ? undefined : owner.index;
  const what =
    index === undefined
      ? "for the table was exceeded"
      : "for one or more global secondary indexes of the table was exceeded";
  const operation = kind === "read" ? "Read" : "Write";
  const throttlingReasons: readonly ThrottlingReason[] = [
    {
      reason: `${index === undefined ? "Table" : "Index"}${operation}ProvisionedThroughputExceeded`,
      resource: index === undefined ? table.arn : `${table.arn}/index/${index.name}`,
    },
  ];
  return tableError(
    "FIRN_TABLE_THROUGHPUT_EXCEEDED",
    `The level of configured provisioned throughput ${what}. ` +
      "Consider increasing your provisioning level with the UpdateTable API.",
    { throttlingReasons },
  );
}
