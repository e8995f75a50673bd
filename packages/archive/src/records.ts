import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { BlobId, KeyRange, KeySpaceId, Transaction } from "@firn/core";
import type { RetrievalTier } from "./constants.ts";
import type { InventoryFormat } from "./inventory.ts";

/**
 * What the archive keeps in the store. One root key space names the vaults of every account and
 * region and what is due when; each vault has a key space of its own, so deleting a vault is one
 * small transaction however much lay in it.
 */
export interface Scope {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  /** ARN of who acts, for vault policies; default the account's root. */
  readonly caller: string;
}

export interface VaultRecord {
  readonly name: string;
  readonly space: KeySpaceId;
  /** Milliseconds since 1970 UTC, as all times here. */
  readonly createdAt: number;
}

/** The vault's inventory in two numbers; absent until the first archive came. */
export interface TotalsRecord {
  readonly archiveCount: number;
  readonly sizeBytes: number;
  readonly changedAt: number;
}

export interface ArchiveRecord {
  readonly id: string;
  readonly size: number;
  readonly treeHash: Uint8Array;
  readonly createdAt: number;
  readonly description: string;
}

/** A run of an archive's bytes that arrived together. */
export interface Piece {
  readonly blob: BlobId;
  /** Hashes of its leaves, 32 bytes each; absent when there is one leaf: it is `treeHash`. */
  readonly leaves?: BlobId | undefined;
  readonly treeHash: Uint8Array;
  readonly bytes: number;
}

/** The bytes of an archive or of a job's output. All pieces but the last are `pieceBytes` long. */
export interface Content {
  readonly pieces: readonly Piece[];
  readonly pieceBytes: number;
}

interface JobCommon {
  readonly id: string;
  readonly description: string;
  readonly createdAt: number;
  /** When it completes. Its state follows from the clock: nothing is written at that moment. */
  readonly dueAt: number;
  /** Bytes of output. */
  readonly size: number;
  readonly snsTopic?: string | undefined;
}

export interface ArchiveJobRecord extends JobCommon {
  readonly action: "ArchiveRetrieval";
  readonly archiveId: string;
  readonly archiveDescription: string;
  readonly archiveSize: number;
  readonly archiveTreeHash: Uint8Array;
  readonly tier: RetrievalTier;
  /** First byte within the archive; the output is `size` bytes from here. */
  readonly start: number;
  /** Of the range, when that is tree-hash aligned with the archive. */
  readonly treeHash?: Uint8Array | undefined;
}

export interface InventoryJobRecord extends JobCommon {
  readonly action: "InventoryRetrieval";
  readonly format: InventoryFormat;
  readonly startDate?: string | undefined;
  readonly endDate?: string | undefined;
  readonly limit?: number | undefined;
  /** Where the next inventory goes on; absent when this one reached the end. */
  readonly nextMarker?: string | undefined;
}

export type JobRecord = ArchiveJobRecord | InventoryJobRecord;

export interface UploadRecord {
  readonly id: string;
  readonly createdAt: number;
  readonly activeAt: number;
  readonly description: string;
  readonly partSize: number;
}

export interface PartRecord {
  readonly start: number;
  readonly piece: Piece;
}

/** How an upload ended, for when it is asked for again; without an archive it was aborted. */
export interface EndedRecord {
  readonly archive?:
    | { readonly id: string; readonly size: number; readonly treeHash: Uint8Array }
    | undefined;
}

export interface LockRecord {
  readonly policy: string;
  readonly lockId: string;
  readonly createdAt: number;
  readonly locked: boolean;
}

export interface AccessPolicyRecord {
  readonly policy: string;
}

export interface NotificationRecord {
  readonly snsTopic: string;
  readonly events: readonly string[];
}

/** Somebody may want to know when the job is complete. */
export interface NoticeRecord {
  /** When the job is complete. */
  readonly at: number;
  readonly id: string;
  readonly space: KeySpaceId;
  readonly scope: Scope;
  readonly vaultName: string;
}

/** The store's key for manifests. */
export interface ManifestKeyRecord {
  /** 32 bytes: the private key of Ed25519. */
  readonly seed: Uint8Array;
}

/** Something to look at when its time has come. */
export interface DueRecord {
  readonly at: number;
  readonly kind: "job" | "upload" | "ended";
  readonly id: string;
  readonly space: KeySpaceId;
  /** Root key of its vault: when that is gone, so is all that was in it. */
  readonly vault: Uint8Array;
}

type Owner = Pick<Scope, "accountId" | "region">;

/** Keys of the root key space. */
export const rootKeys = {
  vault: (scope: Scope, name: string): Uint8Array =>
    encodeKey("vault", scope.accountId, scope.region, name),
  vaults: (scope: Scope): Uint8Array => encodeKey("vault", scope.accountId, scope.region),
  vaultCount: (scope: Scope): Uint8Array => encodeKey("vault-count", scope.accountId, scope.region),
  retrievalPolicy: (scope: Scope): Uint8Array =>
    encodeKey("retrieval-policy", scope.accountId, scope.region),
  retrieved: (scope: Scope): Uint8Array => encodeKey("retrieved", scope.accountId, scope.region),
  capacity: (scope: Owner): Uint8Array => encodeKey("capacity", scope.accountId, scope.region),
  expedited: (scope: Owner): Uint8Array => encodeKey("expedited", scope.accountId, scope.region),
  use: (scope: Scope): Uint8Array => encodeKey("use", scope.accountId, scope.region),
  manifestKey: (): Uint8Array => encodeKey("manifest-key"),
  allDue: (): Uint8Array => encodeKey("due"),
  due: ({ at, space, kind, id }: DueRecord): Uint8Array => encodeKey("due", at, space, kind, id),
  allNotices: (): Uint8Array => encodeKey("notice"),
  notice: ({ at, space, id }: Pick<NoticeRecord, "at" | "space" | "id">): Uint8Array =>
    encodeKey("notice", at, space, id),
  allDropped: (): Uint8Array => encodeKey("dropped"),
  dropped: (space: KeySpaceId): Uint8Array => encodeKey("dropped", space),
} as const;

/** What the root's keys of every account and region begin with. */
export const ownedPrefixes = {
  vaults: (): Uint8Array => encodeKey("vault"),
  use: (): Uint8Array => encodeKey("use"),
} as const;

/** Keys of a vault's own key space. */
export const vaultKeys = {
  totals: (): Uint8Array => encodeKey("totals"),
  archives: (): Uint8Array => encodeKey("archive"),
  archive: (id: string): Uint8Array => encodeKey("archive", id),
  content: (id: string): Uint8Array => encodeKey("content", id),
  jobs: (): Uint8Array => encodeKey("job"),
  job: (id: string): Uint8Array => encodeKey("job", id),
  output: (jobId: string): Uint8Array => encodeKey("output", jobId),
  uploads: (): Uint8Array => encodeKey("upload"),
  upload: (id: string): Uint8Array => encodeKey("upload", id),
  part: (uploadId: string, index: number): Uint8Array => encodeKey("part", uploadId, index),
  allParts: (): Uint8Array => encodeKey("part"),
  parts: (uploadId: string): Uint8Array => encodeKey("part", uploadId),
  ended: (uploadId: string): Uint8Array => encodeKey("ended", uploadId),
  accessPolicy: (): Uint8Array => encodeKey("access-policy"),
  lock: (): Uint8Array => encodeKey("lock"),
  notifications: (): Uint8Array => encodeKey("notifications"),
  tags: (): Uint8Array => encodeKey("tags"),
} as const;

/** Every key that begins with the parts of `prefix`, perhaps only from one of them on. */
export function within(prefix: Uint8Array, from?: Uint8Array): KeyRange {
  return { gte: from ?? prefix, lt: prefixEnd(prefix) };
}

export function encode(record: object): Uint8Array {
  return packValue(record);
}

/** A record as it was written: every value passed its record's checksum on the way here. */
export function decode<T>(value: Uint8Array): T {
  return unpackValue(value) as T;
}

/** The record under a key, within a transaction. */
export function read<T>(tx: Transaction, space: KeySpaceId, key: Uint8Array): T | undefined {
  const value = tx.get(space, key);
  return value === undefined ? undefined : decode<T>(value);
}
