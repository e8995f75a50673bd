import type { Clock } from "@firn/core";
import { LRUCache } from "lru-cache";
import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import {
  ON_DEMAND_READ_UNITS,
  ON_DEMAND_WRITE_UNITS,
  PARTITION_BUCKETS_MAX,
  PARTITION_BURST_SECONDS,
  PARTITION_HASH_BYTES,
  PARTITION_READ_UNITS_MAX,
  PARTITION_WRITE_UNITS_MAX,
} from "../constants.ts";
import { tableError } from "../errors.ts";
import type { CapacityBucket, LimitMet } from "./capacity-bucket.ts";
import { ProvisionedBucket } from "./capacity-bucket.ts";
import { OnDemandBucket } from "./on-demand-bucket.ts";
import type { OnDemandRates } from "./on-demand-bucket.ts";
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
  /** Of what lies in one partition: its key, or anything that begins like it. */
  readonly key?: Uint8Array | undefined;
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

/** Holds tables and global indexes to their throughput, when it is switched on. */
export class Throttle {
  readonly #clock: Clock;
  readonly #enabled: boolean;
  readonly #buckets = new Map<string, CapacityBucket>();
  /** Made when the first is needed: its places are allocated at once. */
  #partitions: LRUCache<string, TokenBucket> | undefined;

  constructor(clock: Clock, enabled: boolean) {
    this.#clock = clock;
    this.#enabled = enabled;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /**
   * Admits a request that will cost at least `units`.
   * @throws FIRN_TABLE_THROUGHPUT_EXCEEDED while the bucket is empty, of the table or index or of
   * the partition; FIRN_TABLE_THROTTLED when the table is on demand.
   */
  admit(kind: CapacityKind, units: number, owner: CapacityOwner): Admission {
    const bucket = this.#bucket(kind, owner.table, owner.index);
    if (bucket === undefined) return UNLIMITED;
    const now = this.#clock.now();
    const met = bucket.admit(units, now);
    if (met !== undefined) throw throughputExceeded(kind, owner, met);
    const partition = this.#partition(kind, owner);
    if (partition?.admit(units, now) === false) {
      bucket.settle(-units);
      throw throughputExceeded(kind, owner, "KeyRange");
    }
    return {
      settle(used) {
        bucket.settle(used - units);
        partition?.settle(used - units);
      },
    };
  }

  /** Charges a global index for its part of a write that its table admitted. */
  charge(units: number, table: TableRecord, index: IndexRecord): void {
    const bucket = this.#bucket("write", table, index);
    if (bucket?.admit(units, this.#clock.now()) !== undefined) bucket?.settle(units);
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

  /** Partitions are told apart by the hash of their keys, with which every key begins. */
  #partition(kind: CapacityKind, { table, index, key }: CapacityOwner): TokenBucket | undefined {
    if (key === undefined) return undefined;
    const hash = Buffer.from(key.subarray(0, PARTITION_HASH_BYTES)).toString("latin1");
    const place = index?.throughput === undefined ? "" : index.name;
    const name = `${table.id}/${place}/${kind}/${hash}`;
    this.#partitions ??= new LRUCache({ max: PARTITION_BUCKETS_MAX });
    let bucket = this.#partitions.get(name);
    if (bucket === undefined) {
      const rate = kind === "read" ? PARTITION_READ_UNITS_MAX : PARTITION_WRITE_UNITS_MAX;
      bucket = new TokenBucket(rate, this.#clock.now(), PARTITION_BURST_SECONDS);
      this.#partitions.set(name, bucket);
    }
    return bucket;
  }

  #bucket(
    kind: CapacityKind,
    table: TableRecord,
    index: IndexRecord | undefined,
  ): CapacityBucket | undefined {
    if (!this.#enabled) return undefined;
    // A local index uses its table's capacity.
    const owner = index?.throughput === undefined ? undefined : index;
    const onDemand = table.billingMode === "PAY_PER_REQUEST";
    const key = `${table.id}/${owner?.name ?? ""}/${kind}/${onDemand ? "demand" : "provisioned"}`;
    return onDemand
      ? this.#onDemand(key, onDemandRates(kind, owner ?? table))
      : this.#provisioned(key, (owner?.throughput ?? table.throughput)[kind]);
  }

  #provisioned(key: string, rate: number): CapacityBucket {
    const now = this.#clock.now();
    const known = this.#buckets.get(key);
    if (known instanceof ProvisionedBucket) {
      known.resize(rate, now);
      return known;
    }
    const made = new ProvisionedBucket(new TokenBucket(rate, now));
    this.#buckets.set(key, made);
    return made;
  }

  #onDemand(key: string, rates: OnDemandRates): CapacityBucket {
    const now = this.#clock.now();
    const known = this.#buckets.get(key);
    if (known instanceof OnDemandBucket) {
      known.resize(rates, now);
      return known;
    }
    const made = new OnDemandBucket(rates, now);
    this.#buckets.set(key, made);
    return made;
  }
}

function onDemandRates(kind: CapacityKind, owner: TableRecord | IndexRecord): OnDemandRates {
  const least = kind === "read" ? ON_DEMAND_READ_UNITS : ON_DEMAND_WRITE_UNITS;
  return { warm: owner.warm?.[kind] ?? least, max: owner.onDemandMax?.[kind] };
}

function throughputExceeded(kind: CapacityKind, owner: CapacityOwner, limit: LimitMet): Error {
  const { table } = owner;
  const index = owner.index?.throughput === undefined ? undefined : owner.index;
  const what =
    index === undefined
      ? "for the table was exceeded"
      : "for one or more global secondary indexes of the table was exceeded";
  const operation = kind === "read" ? "Read" : "Write";
  const throttlingReasons: readonly ThrottlingReason[] = [
    {
      reason: `${index === undefined ? "Table" : "Index"}${operation}${limit}ThroughputExceeded`,
      resource: index === undefined ? table.arn : `${table.arn}/index/${index.name}`,
    },
  ];
  if (table.billingMode === "PAY_PER_REQUEST") {
    return tableError("FIRN_TABLE_THROTTLED", ON_DEMAND_TEXTS[limit], { throttlingReasons });
  }
  return tableError(
    "FIRN_TABLE_THROUGHPUT_EXCEEDED",
    `The level of configured provisioned throughput ${what}. ` +
      "Consider increasing your provisioning level with the UpdateTable API.",
    { throttlingReasons },
  );
}

const TOO_FAST =
  "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically " +
  "scaling your table or index so please try again shortly. If exceptions persist, check if you " +
  "have a hot key";

const ON_DEMAND_TEXTS: Readonly<Record<LimitMet, string>> = {
  MaxOnDemand: "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
  KeyRange: TOO_FAST,
  Provisioned: TOO_FAST,
};
