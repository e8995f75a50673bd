import type { KeySpaceId, Lsn } from "@firn/core";
import type { PolicyRecord } from "../policies/policy-record.ts";
import type { StreamViewType } from "../streams/stream-entry.ts";
import type { KeyType } from "../value/key-bytes.ts";

/** Whose table it is: in every key of the catalog. */
export interface Scope {
  /** 12 digits. */
  readonly accountId: string;
  /** `us-east-1`. */
  readonly region: string;
}

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** Partition and sort key; a table has one and at most one, a global index up to four of each. */
export interface KeySchema {
  readonly partition: readonly KeyAttribute[];
  readonly sort: readonly KeyAttribute[];
}

/** Provisioned capacity, in units per second. */
export interface Throughput {
  readonly read: number;
  readonly write: number;
  /** Milliseconds since 1970 UTC of the last change in each direction. */
  readonly increasedMs?: number | undefined;
  readonly decreasedMs?: number | undefined;
  /** Decreases since the last midnight UTC. */
  readonly decreasesToday: number;
}

/** Units a second, of reads and of writes; absent where nothing was asked for. */
export interface UnitRates {
  readonly read?: number | undefined;
  readonly write?: number | undefined;
}

export type TableClass = "STANDARD" | "STANDARD_INFREQUENT_ACCESS";

export type ProjectionType = "ALL" | "KEYS_ONLY" | "INCLUDE";

export interface IndexRecord {
  readonly name: string;
  readonly key: KeySchema;
  readonly projection: {
    readonly type: ProjectionType;
    readonly nonKeyAttributes: readonly string[];
  };
  readonly space: KeySpaceId;
  /** Global indexes. */
  readonly throughput?: Throughput | undefined;
  /** Global indexes of on-demand tables: the most that they may use. */
  readonly onDemandMax?: UnitRates | undefined;
  /** Global indexes: what they take at once. */
  readonly warm?: UnitRates | undefined;
  /** Set while entries of older items are being added; the index is not readable yet. */
  readonly backfilling?: boolean | undefined;
}

export type BillingMode = "PROVISIONED" | "PAY_PER_REQUEST";

/** What a table is labelled with. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Which attribute tells when an item expires, and the space of the expiries. */
export interface TimeToLive {
  readonly attributeName: string;
  readonly space: KeySpaceId;
  /** Set while the expiries of older items are being added. */
  readonly backfilling?: boolean | undefined;
}

/** The stream of a table, while it is enabled. */
export interface TableStream {
  /** Which of the table's streams it is. */
  readonly label: string;
  readonly viewType: StreamViewType;
  /** Of its youngest generation: where records are written. */
  readonly space: KeySpaceId;
}

/** Where the items of a table come from that is made from a backup, or from the past. */
export interface Restoring {
  readonly space: KeySpaceId;
  /** Of a moment of that key space; absent for one that nobody writes. */
  readonly lsn?: Lsn | undefined;
  /** The moment, in milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly sourceTableArn: string;
  readonly sourceBackupArn?: string | undefined;
}

/** A table as the catalog keeps it. */
export interface TableRecord {
  readonly name: string;
  /** A UUID, drawn when the table was made. */
  readonly id: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly space: KeySpaceId;
  readonly key: KeySchema;
  readonly attributes: readonly KeyAttribute[];
  readonly billingMode: BillingMode;
  /** When it last became PAY_PER_REQUEST. */
  readonly onDemandMs?: number | undefined;
  readonly throughput: Throughput;
  /** The most that an on-demand table may use. */
  readonly onDemandMax?: UnitRates | undefined;
  /** What the table takes at once, when more was asked for than it has by itself. */
  readonly warm?: UnitRates | undefined;
  readonly tableClass?: { readonly name: TableClass; readonly changedMs?: number | undefined };
  readonly localIndexes: readonly IndexRecord[];
  readonly globalIndexes: readonly IndexRecord[];
  readonly deletionProtected: boolean;
  readonly tags?: readonly Tag[] | undefined;
  readonly timeToLive?: TimeToLive | undefined;
  readonly stream?: TableStream | undefined;
  /** Of the newest stream, which may be disabled. */
  readonly latestStreamLabel?: string | undefined;
  readonly policy?: PolicyRecord | undefined;
  /** Point-in-time recovery: since when, and how many days back. */
  readonly recovery?: { readonly sinceMs: number; readonly days: number } | undefined;
  /** Set while its items are still being copied; nobody can read or write it. */
  readonly restoring?: Restoring | undefined;
  /** Set while its items are being imported: the import's ARN. Nobody can read or write it. */
  readonly importing?: string | undefined;
  /** Where it came from. */
  readonly restored?: Restoring | undefined;
}

/** All indexes, local ones first. */
export function indexesOf(table: TableRecord): readonly IndexRecord[] {
  if (table.globalIndexes.length === 0) return table.localIndexes;
  return [...table.localIndexes, ...table.globalIndexes];
}

/** The attributes of a key, partition first. */
export function keyAttributes(key: KeySchema): readonly KeyAttribute[] {
  return [...key.partition, ...key.sort];
}

/** Account and region of a table, from its ARN. */
export function scopeOf(table: TableRecord): Scope {
  const [, , , region = "", accountId = ""] = table.arn.split(":");
  return { accountId, region };
}
