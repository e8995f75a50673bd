/** What the store keeps about volumes and snapshots beside their blocks, and under which keys. */
import {
  encodeKey,
  packValue,
  prefixEnd,
  unpackValue,
  type KeyRange,
  type KeySpaceId,
  type Transaction,
} from "@firn/core";
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
}

export interface SnapshotRecord {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly space: KeySpaceId;
  readonly salt: number;
  /** Number of the snapshot in its lineage. */
  readonly version: number;
  readonly sizeGiB: number;
  /** Milliseconds since 1970 UTC. */
  readonly startTime: number;
  readonly description: string;
  readonly tags: readonly Tag[];
}

/** What a client token stood for. */
export interface TokenRecord {
  readonly volumeId: string;
  readonly request: string;
}

export type Kind = "volume" | "snapshot" | "token";

const kindLetters: Readonly<Record<Kind, string>> = { volume: "v", snapshot: "s", token: "t" };

export function catalogKey(kind: Kind, scope: Scope, id: string): Uint8Array {
  return encodeKey(kindLetters[kind], scope.accountId, scope.region, id);
}

/** All entries of a kind in a scope, or those behind an id. */
export function catalogRange(kind: Kind, scope: Scope, after: string | undefined): KeyRange {
  const prefix = encodeKey(kindLetters[kind], scope.accountId, scope.region);
  const start = after === undefined ? { gte: prefix } : { gt: catalogKey(kind, scope, after) };
  return { ...start, lt: prefixEnd(prefix) };
}

/** Where it is written to whom a volume or snapshot belongs: ids are unique over all scopes. */
export function ownerKey(id: string): Uint8Array {
  return encodeKey("i", id);
}

/** The owner entries of all volumes and snapshots whose ids begin with `prefix`. */
export function ownerRange(prefix: string): KeyRange {
  return { gte: ownerKey(prefix), lt: ownerKey(`${prefix}\u{7f}`) };
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

  token(token: string): TokenRecord | undefined {
    return this.#get<TokenRecord>("token", token);
  }

  put(kind: Kind, id: string, record: VolumeRecord | SnapshotRecord | TokenRecord): void {
    if (kind !== "token") this.#tx.put(this.#space, ownerKey(id), packValue(this.#scope));
    this.#tx.put(this.#space, catalogKey(kind, this.#scope, id), packValue(record));
  }

  delete(kind: Kind, id: string): void {
    if (kind !== "token") this.#tx.delete(this.#space, ownerKey(id));
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
