/** What the store keeps about volumes and snapshots beside their blocks, and under which keys. */
import {
  decodeKey,
  encodeKey,
  packValue,
  prefixEnd,
  unpackValue,
  type KeyRange,
  type KeySpaceId,
  type MonthlyUse,
  type Transaction,
} from "@firn/core";
import type { HistoryRecord } from "./history-record.ts";
import type { VolumePerformance, VolumeType } from "./volume-types.ts";

/** Whose volumes: they belong to an account and a region. */
export interface Scope {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A named lease on a volume. */
export interface Attachment {
  readonly instanceId: string;
  readonly device: string;
  /** Milliseconds since 1970 UTC. */
  readonly attachTime: number;
  /** Counts the leases of the volume; the newest is the highest. */
  readonly generation: number;
}

/** The newest change of size, type or performance. It takes effect at once. */
export interface Modification {
  readonly target: VolumePerformanceRow;
  readonly original: VolumePerformanceRow;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** `VolumePerformance` as it is stored: absent figures are 0. */
export interface VolumePerformanceRow {
  readonly volumeType: VolumeType;
  readonly sizeGiB: number;
  readonly iops: number;
  readonly throughput: number;
}

export interface VolumeRecord {
  readonly volumeId: string;
  readonly space: KeySpaceId;
  readonly salt: number;
  /** Number of the volume's head in its lineage. */
  readonly head: number;
  readonly performance: VolumePerformanceRow;
  readonly availabilityZone: string;
  /** Milliseconds since 1970 UTC. */
  readonly createTime: number;
  /** Snapshot that it was made from, or "". */
  readonly snapshotId: string;
  readonly clientToken: string;
  readonly tags: readonly Tag[];
  readonly attachment: Attachment | null;
  readonly generation: number;
  readonly modification: Modification | null;
  /** EC2's attribute; absent is false. */
  readonly autoEnableIo?: boolean | undefined;
  /** All of its blocks are encrypted: it was made in an encrypted store. Absent is false. */
  readonly encrypted?: boolean | undefined;
  /** Goes with its lease, and with the engine. Absent is false. */
  readonly ephemeral?: boolean | undefined;
  /** Absent: nothing of its past is kept. */
  readonly history?: HistoryRecord | undefined;
}

/** Numbers of the hidden snapshots of a volume's history. */
export function anchorsOf({ history }: VolumeRecord): number[] {
  return (history?.anchors ?? []).map(({ version }) => version);
}

export interface SnapshotRecord {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly space: KeySpaceId;
  readonly salt: number;
  /** All of its blocks are encrypted: it was made in an encrypted store. Absent is false. */
  readonly encrypted?: boolean | undefined;
  /** Number of the snapshot in its lineage; of the head that is written to while it is pending. */
  readonly version: number;
  readonly sizeGiB: number;
  /** Milliseconds since 1970 UTC. */
  readonly startTime: number;
  readonly description: string;
  readonly tags: readonly Tag[];
  /** Absent once it is complete. */
  readonly upload?: UploadRecord | undefined;
  /** Of one that was uploaded block by block: how many blocks, and from which snapshot on. */
  readonly uploaded?: UploadedRecord | undefined;
  /** Accounts that may make volumes of it; `all` is everybody. */
  readonly sharedWith?: readonly string[] | undefined;
  readonly lock?: LockRecord | undefined;
  readonly fastRestores?: readonly FastRestore[] | undefined;
  readonly tier?: TierRecord | undefined;
  /** Where it lies in the recycle bin: when it came there, and when it goes for good. */
  readonly binned?: BinRecord | undefined;
}

/** Times are milliseconds since 1970 UTC. */
export interface LockRecord {
  readonly mode: "governance" | "compliance";
  readonly createdTime: number;
  readonly expiryTime: number;
  /** Until then a compliance lock can be taken back; `createdTime` when there is no such period. */
  readonly coolOffExpiryTime: number;
}

/** A zone in which volumes made of the snapshot are quick at once: with Firn, all of them are. */
export interface FastRestore {
  readonly availabilityZone: string;
  /** Milliseconds since 1970 UTC. */
  readonly enabledTime: number;
}

/** The newest move between tiers. Times are milliseconds since 1970 UTC. */
export interface TierRecord {
  readonly operation: "archival" | "temporary-restore" | "permanent-restore";
  readonly startTime: number;
  /** From then on the snapshot is where the operation takes it. */
  readonly doneTime: number;
  readonly archivedTime: number;
  /** Bytes of its blocks, shared ones included: what the archive tier bills. Absent: not known. */
  readonly archivedBytes?: number | undefined;
  /** Of a temporary restore: then it is in the archive again. 0 for others. */
  readonly expiryTime: number;
}

export interface BinRecord {
  readonly enterTime: number;
  readonly exitTime: number;
}

/** What holds for an account in a region. */
export interface SettingsRecord {
  readonly blockPublicAccess: BlockPublicAccess;
}

export type BlockPublicAccess = "block-all-sharing" | "block-new-sharing" | "unblocked";

/** Keeps deleted snapshots for a while. */
export interface RetentionRule {
  /** 11 letters and digits. */
  readonly ruleId: string;
  readonly description: string;
  /** 1 to 365. */
  readonly retentionDays: number;
  /** Snapshots with one of these tags; without any, all that have no excluded tag. */
  readonly resourceTags: readonly Tag[];
  readonly excludeResourceTags: readonly Tag[];
}

/** A snapshot whose blocks are being put one by one. */
export interface UploadRecord {
  /** Key space with the SHA-256 of each block that was put, by its index. */
  readonly blocks: KeySpaceId;
  /** Milliseconds without a block after which it fails. */
  readonly timeoutMs: number;
  readonly parentSnapshotId: string;
  readonly clientToken: string;
  readonly failed: boolean;
}

export interface UploadedRecord {
  readonly blocks: number;
  readonly parentSnapshotId: string;
  readonly clientToken: string;
  /** Milliseconds since 1970 UTC. */
  readonly completionTime: number;
}

/** What a client token stood for: a volume, or a snapshot that was begun. */
export interface TokenRecord {
  readonly volumeId: string;
  readonly request: string;
}

/** Which volume a device of an instance is; its id is `deviceId`. */
export interface DeviceRecord {
  readonly volumeId: string;
}

/** `/dev/sdf` and `sdf` are one device. */
export function deviceId(instanceId: string, device: string): string {
  return `${instanceId} ${device.replace(/^\/dev\//, "")}`;
}

/** `pending`: an index of the snapshots that are being uploaded, which bounds their number. */
export type Kind =
  | "volume"
  | "snapshot"
  | "token"
  | "uploadToken"
  | "pending"
  | "device"
  | "ephemeral"
  | "history"
  | "binned"
  | "settings"
  | "rule"
  | "use";

const kindLetters: Readonly<Record<Kind, string>> = {
  volume: "v",
  snapshot: "s",
  token: "t",
  uploadToken: "u",
  pending: "p",
  device: "d",
  ephemeral: "e",
  history: "h",
  binned: "b",
  settings: "g",
  rule: "r",
  use: "m",
};

export function catalogKey(kind: Kind, scope: Scope, id: string): Uint8Array {
  return encodeKey(kindLetters[kind], scope.accountId, scope.region, id);
}

/** All entries of a kind in a scope, or those behind an id. */
export function catalogRange(kind: Kind, scope: Scope, after: string | undefined): KeyRange {
  const prefix = encodeKey(kindLetters[kind], scope.accountId, scope.region);
  const start = after === undefined ? { gte: prefix } : { gt: catalogKey(kind, scope, after) };
  return { ...start, lt: prefixEnd(prefix) };
}

/** All entries of a kind, of every scope. */
export function kindRange(kind: Kind): KeyRange {
  const prefix = encodeKey(kindLetters[kind]);
  return { gte: prefix, lt: prefixEnd(prefix) };
}

/** The scope of a catalog entry. */
export function scopeOfKey(key: Uint8Array): Scope {
  const [, accountId, region] = decodeKey(key, ["text", "text", "text", "text"]);
  return { accountId: accountId as string, region: region as string };
}

/** The id of a catalog entry. */
export function idOfKey(key: Uint8Array): string {
  return decodeKey(key, ["text", "text", "text", "text"])[3] as string;
}

/** Where it is written to whom a volume or snapshot belongs: ids are unique over all scopes. */
export function ownerKey(id: string): Uint8Array {
  return encodeKey("i", id);
}

/** The owner entries of all volumes and snapshots whose ids begin with `prefix`. */
export function ownerRange(prefix: string): KeyRange {
  return { gte: ownerKey(prefix), lt: ownerKey(`${prefix}\u{7f}`) };
}

interface RecordOf {
  readonly volume: VolumeRecord;
  readonly snapshot: SnapshotRecord;
  readonly token: TokenRecord;
  readonly uploadToken: TokenRecord;
  readonly pending: true;
  readonly device: DeviceRecord;
  readonly ephemeral: true;
  readonly history: true;
  readonly binned: SnapshotRecord;
  readonly settings: SettingsRecord;
  readonly rule: RetentionRule;
  readonly use: MonthlyUse;
}

/** Volumes and snapshots have ids that are unique over all scopes. */
function isOwned(kind: Kind): boolean {
  return kind === "volume" || kind === "snapshot";
}

/** Typed access to the catalog within one transaction. */
export class CatalogTransaction {
  readonly #tx: Transaction;
  readonly #space: KeySpaceId;
  readonly #scope: Scope;

  constructor(tx: Transaction, space: KeySpaceId, scope: Scope) {
    this.#tx = tx;
    this.#space = space;
    this.#scope = scope;
  }

  volume(volumeId: string): VolumeRecord | undefined {
    return this.#get<VolumeRecord>("volume", volumeId);
  }

  snapshot(snapshotId: string): SnapshotRecord | undefined {
    return this.#get<SnapshotRecord>("snapshot", snapshotId);
  }

  token(token: string, kind: "token" | "uploadToken" = "token"): TokenRecord | undefined {
    return this.#get<TokenRecord>(kind, token);
  }

  device(id: string): DeviceRecord | undefined {
    return this.#get<DeviceRecord>("device", id);
  }

  binned(snapshotId: string): SnapshotRecord | undefined {
    return this.#get<SnapshotRecord>("binned", snapshotId);
  }

  settings(): SettingsRecord {
    return this.#get<SettingsRecord>("settings", "") ?? { blockPublicAccess: "unblocked" };
  }

  rule(ruleId: string): RetentionRule | undefined {
    return this.#get<RetentionRule>("rule", ruleId);
  }

  /** What was used and owed, month by month. */
  use(): MonthlyUse | undefined {
    return this.#get<MonthlyUse>("use", "");
  }

  /** All rules of the scope, up to `limit`. */
  rules(limit: number): RetentionRule[] {
    const range = catalogRange("rule", this.#scope, undefined);
    const entries = this.#tx.range(this.#space, { ...range, limit });
    return entries.map(({ value }) => unpackValue<RetentionRule>(value));
  }

  /** The catalog of another account or region, in the same transaction. */
  in(scope: Scope): CatalogTransaction {
    return new CatalogTransaction(this.#tx, this.#space, scope);
  }

  /** How many entries of a kind there are in the scope, up to `limit`. */
  count(kind: Kind, limit: number): number {
    const range = catalogRange(kind, this.#scope, undefined);
    return this.#tx.range(this.#space, { ...range, limit }).length;
  }

  put<K extends Kind>(kind: K, id: string, record: RecordOf[K]): void {
    if (isOwned(kind)) this.#tx.put(this.#space, ownerKey(id), packValue(this.#scope));
    this.#tx.put(this.#space, catalogKey(kind, this.#scope, id), packValue(record));
  }

  delete(kind: Kind, id: string): void {
    if (isOwned(kind)) this.#tx.delete(this.#space, ownerKey(id));
    this.#tx.delete(this.#space, catalogKey(kind, this.#scope, id));
  }

  #get<T>(kind: Kind, id: string): T | undefined {
    const value = this.#tx.get(this.#space, catalogKey(kind, this.#scope, id));
    return value === undefined ? undefined : unpackValue<T>(value);
  }
}

export function performanceRow(performance: VolumePerformance): VolumePerformanceRow {
  const { volumeType, sizeGiB, iops, throughput } = performance;
  return { volumeType, sizeGiB, iops: iops ?? 0, throughput: throughput ?? 0 };
}

export function performanceOf(row: VolumePerformanceRow): VolumePerformance {
  const { volumeType, sizeGiB } = row;
  return {
    volumeType,
    sizeGiB,
    iops: row.iops === 0 ? undefined : row.iops,
    throughput: row.throughput === 0 ? undefined : row.throughput,
  };
}
