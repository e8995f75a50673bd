import { packValue, unpackValue } from "@firn/core";
import type { BlobId, KeySpaceId } from "@firn/core";
import type { Acl, ObjectOwnership, PublicAccessBlock } from "../access/access-types.ts";
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "../checksum/checksum.ts";
import type { BucketEncryption, Seal } from "../encryption/encryption-types.ts";
import type { RestoreState } from "../lifecycle/restore.ts";
import type { StorageClass } from "../lifecycle/storage-classes.ts";
import type { BucketLock, Retention } from "../lock/lock-types.ts";
import type { BucketLogging } from "../logging/logging-types.ts";
import type { NotificationRule } from "../notifications/notification-types.ts";
import type { AccountQuotaName } from "../quota/account-held.ts";
import type { QuotaLimits } from "../quota/quota-types.ts";
import type { Tags } from "../tags.ts";

/**
 * What lies behind the keys of `key-layout.ts`. Records of objects are packed as tuples that begin
 * with the number of their form: a listing holds a thousand of them, and names of fields would be
 * half of each.
 */

export interface BucketRecord {
  /** The account that owns the bucket, and every object in it that names no other. */
  readonly owner: string;
  readonly region: string;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
  readonly space: KeySpaceId;
  /** `undefined`: never switched on. */
  readonly versioning?: VersioningState | undefined;
  readonly tags?: Tags | undefined;
  readonly encryption?: BucketEncryption | undefined;
  /** `undefined`: no version of it can be locked. */
  readonly lock?: BucketLock | undefined;
  /** Whom to tell of what; looked at by every change. */
  readonly notifications?: readonly NotificationRule[] | undefined;
  readonly requesterPays?: true | undefined;
  /** How much it may hold; while that is being counted no limit holds. */
  readonly quota?: BucketQuotaRecord | undefined;
  /** Where requests to it are told of. */
  readonly logging?: BucketLogging | undefined;
  /** It has a lifecycle. */
  readonly lifecycle?: true | undefined;
  /** `undefined`: the owner alone. */
  readonly acl?: Acl | undefined;
  /** "none": switched off. `undefined`: of a time when there was one kind only. */
  readonly objectOwnership?: ObjectOwnership | "none" | undefined;
  /** `null`: switched off. `undefined`: as `objectOwnership`. */
  readonly publicAccessBlock?: PublicAccessBlock | null | undefined;
  /** LSN of the commit that put the policy; `undefined` when there is none. */
  readonly policyLsn?: number | undefined;
  readonly corsLsn?: number | undefined;
}

export interface BucketQuotaRecord extends QuotaLimits {
  readonly isCounting?: true | undefined;
  /** What is held is added to the account's too. */
  readonly account?: AccountQuotaName | undefined;
  /** It is counted for the account's sake. */
  readonly accountOnly?: true | undefined;
}

export type VersioningState = "Enabled" | "Suspended";

/** Standard headers that come back with the object as they were sent. */
export interface ContentHeaders {
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly contentType?: string | undefined;
  readonly expires?: string | undefined;
}

export interface ObjectPart {
  /** 1 to 10,000, as uploaded; 1 for an object of one piece. */
  readonly number: number;
  readonly blob: BlobId;
  readonly size: number;
  /** Base64, of this part alone. */
  readonly checksum?: string | undefined;
  /** Its bytes' key, wrapped by the object's. */
  readonly key?: Uint8Array | undefined;
  /** Bytes of its packed form, where that is what is stored: see `packing/packed-units.ts`. */
  readonly packed?: number | undefined;
}

/** What few objects have. */
export interface RareFields {
  /** Of a null version written after versioning was on; see `version-order.ts`. */
  readonly order?: string | undefined;
  readonly tags?: Tags | undefined;
  readonly seal?: Seal | undefined;
  /** The account that owns the version; `undefined`: the bucket's owner. */
  readonly owner?: string | undefined;
  /** `undefined`: the owner alone. */
  readonly acl?: Acl | undefined;
  readonly retention?: Retention | undefined;
  /** `false`: it was on once. */
  readonly legalHold?: boolean | undefined;
  /** Of a cold class. */
  readonly restore?: RestoreState | undefined;
  /** Where the bucket's website sends whoever asks for it. */
  readonly websiteRedirect?: string | undefined;
  /** The token of the rename that brought it here: once more it answers the same. */
  readonly renamedBy?: string | undefined;
}

const rareNames: readonly (keyof RareFields)[] = [
  "order",
  "tags",
  "seal",
  "owner",
  "acl",
  "retention",
  "legalHold",
  "restore",
  "websiteRedirect",
  "renamedBy",
];

/** One version of an object. */
export interface ObjectRecord extends RareFields {
  /** "null" of what was written while versioning was not on. */
  readonly versionId: string;
  /** Milliseconds since 1970 UTC. */
  readonly lastModified: number;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly storageClass: StorageClass;
  readonly headers: ContentHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksum?: Checksum | undefined;
  /** The upload that made it: completing it once more answers the same. */
  readonly uploadId?: string | undefined;
  /** Where the parts are written, when they are too many for the record. */
  readonly manifestId?: string | undefined;
  /** Empty for an empty object, and when there is a manifest. */
  readonly parts: readonly ObjectPart[];
  /** Of an object that was uploaded in parts. */
  readonly partsCount?: number | undefined;
}

/** A version that says that there is no object. */
export interface DeleteMarkerRecord {
  readonly versionId: string;
  readonly order?: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly lastModified: number;
  readonly deleteMarker: true;
}

export type VersionRecord = ObjectRecord | DeleteMarkerRecord;

export interface UploadRecord {
  /** Milliseconds since 1970 UTC. */
  readonly initiated: number;
  readonly storageClass: StorageClass;
  readonly headers: ContentHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  readonly checksumType?: ChecksumType | undefined;
  readonly websiteRedirect?: string | undefined;
  readonly tags?: Tags | undefined;
  readonly seal?: Seal | undefined;
  readonly retention?: Retention | undefined;
  readonly legalHold?: boolean | undefined;
  /** The account that will own the object; `undefined`: the bucket's owner. */
  readonly owner?: string | undefined;
  readonly acl?: Acl | undefined;
  /** The account that began it; `undefined`: the bucket's owner. */
  readonly initiator?: string | undefined;
}

export interface PartRecord {
  /** `undefined` for an empty part. */
  readonly blob?: BlobId | undefined;
  readonly size: number;
  /** MD5 in hexadecimal, without quotes. */
  readonly etag: string;
  /** Base64. */
  readonly checksum?: string | undefined;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
  /** Its bytes' key, wrapped by the upload's. */
  readonly key?: Uint8Array | undefined;
  /** Of its packed form, where that is what is stored. */
  readonly packed?: number | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly lastModified: number;
}

export function packBucket(record: BucketRecord): Uint8Array {
  return packValue(withoutUndefined(record));
}

export function unpackBucket(bytes: Uint8Array): BucketRecord {
  return unpackValue(bytes) as BucketRecord;
}

const OBJECT_FORM = 1;
const DELETE_MARKER_FORM = 2;

type PackedPart = [
  number: number,
  blob: BlobId,
  size: number,
  checksum: string | null,
  /** `null` in front of `packed`, of a part that is not encrypted. */
  key?: Uint8Array | null,
  packed?: number,
];
type PackedChecksum = [ChecksumAlgorithm, ChecksumType, string];
type PackedParts = [uploadId: string | null, manifestId: string | null, partsCount: number | null];
type PackedObject = [
  form: number,
  versionId: string,
  lastModified: number,
  size: number,
  etag: string,
  storageClass: StorageClass,
  headers: ContentHeaders,
  metadata: Record<string, string>,
  checksum: PackedChecksum | null,
  parts: PackedPart[],
  multipart: PackedParts | null,
  /** What few objects have; absent in the first records of this form. */
  rare?: RareFields | null,
];
type PackedMarker = [form: number, versionId: string, lastModified: number, order: string | null];

export function packObject(record: ObjectRecord): Uint8Array {
  return packHead(record, record);
}

/** As `packObject`, of a record whose parts were placed apart from it. */
export function packHead(
  record: Omit<ObjectRecord, "parts" | "manifestId">,
  placed: Pick<ObjectRecord, "parts" | "manifestId">,
): Uint8Array {
  const { checksum } = record;
  const packed: PackedObject = [
    OBJECT_FORM,
    record.versionId,
    record.lastModified,
    record.size,
    record.etag,
    record.storageClass,
    record.headers,
    record.metadata,
    checksum === undefined ? null : [checksum.algorithm, checksum.type, checksum.value],
    placed.parts.map(packPart),
    record.partsCount === undefined && placed.manifestId === undefined
      ? null
      : [record.uploadId ?? null, placed.manifestId ?? null, record.partsCount ?? null],
  ];
  const rare = rareOf(record);
  if (rare !== undefined) packed.push(rare);
  return packValue(packed);
}

function rareOf(record: RareFields): RareFields | undefined {
  let rare: Record<string, unknown> | undefined;
  for (const name of rareNames) {
    if (record[name] !== undefined) (rare ??= {})[name] = record[name];
  }
  return rare;
}

export function packDeleteMarker(record: DeleteMarkerRecord): Uint8Array {
  const { versionId, lastModified, order } = record;
  const packed: PackedMarker = [DELETE_MARKER_FORM, versionId, lastModified, order ?? null];
  return packValue(packed);
}

export function unpackVersion(bytes: Uint8Array): VersionRecord {
  const packed = unpackValue(bytes) as PackedObject | PackedMarker;
  if (!isMarker(packed)) return objectOf(packed);
  const [, versionId, lastModified, order] = packed;
  return { versionId, lastModified, order: order ?? undefined, deleteMarker: true };
}

export function isDeleteMarker(record: VersionRecord): record is DeleteMarkerRecord {
  return "deleteMarker" in record;
}

export function unpackObject(bytes: Uint8Array): ObjectRecord {
  return objectOf(unpackValue(bytes) as PackedObject);
}

function isMarker(packed: PackedObject | PackedMarker): packed is PackedMarker {
  return packed[0] === DELETE_MARKER_FORM;
}

function objectOf(packed: PackedObject): ObjectRecord {
  const [, versionId, lastModified, size, etag, storageClass, headers, metadata] = packed;
  const checksum = packed[8];
  const multipart = packed[10];
  return {
    versionId,
    lastModified,
    size,
    etag,
    storageClass,
    headers,
    metadata,
    checksum:
      checksum === null
        ? undefined
        : { algorithm: checksum[0], type: checksum[1], value: checksum[2] },
    parts: packed[9].map(unpackPart),
    uploadId: multipart?.[0] ?? undefined,
    manifestId: multipart?.[1] ?? undefined,
    partsCount: multipart?.[2] ?? undefined,
    ...packed[11],
  };
}

export function packManifest(parts: readonly ObjectPart[]): Uint8Array {
  return packValue(parts.map(packPart));
}

export function unpackManifest(bytes: Uint8Array): ObjectPart[] {
  return (unpackValue(bytes) as PackedPart[]).map(unpackPart);
}

export function packUpload(record: UploadRecord): Uint8Array {
  return packValue(withoutUndefined(record));
}

export function unpackUpload(bytes: Uint8Array): UploadRecord {
  return unpackValue(bytes) as UploadRecord;
}

export function packUploadedPart(record: PartRecord): Uint8Array {
  return packValue(withoutUndefined(record));
}

export function unpackUploadedPart(bytes: Uint8Array): PartRecord {
  return unpackValue(bytes) as PartRecord;
}

/** The same fields without those that have no value: absent and `undefined` must pack alike. */
export function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

function packPart(part: ObjectPart): PackedPart {
  const { number, blob, size, checksum = null, key, packed } = part;
  if (packed !== undefined) return [number, blob, size, checksum, key ?? null, packed];
  return key === undefined ? [number, blob, size, checksum] : [number, blob, size, checksum, key];
}

function unpackPart([number, blob, size, checksum, key, packed]: PackedPart): ObjectPart {
  const part = { number, blob, size, checksum: checksum ?? undefined, key: key ?? undefined };
  return packed === undefined ? part : { ...part, packed };
}
