import { prefixEnd } from "@firn/core";
import type { Entry, ReadView } from "@firn/core";
import { headKeys, versionKeys } from "../layout/key-layout.ts";
import { isDeleteMarker, unpackVersion } from "../layout/records.ts";
import type { BucketRecord, ObjectRecord, VersionRecord } from "../layout/records.ts";
import type { InventoryConfiguration, InventoryField } from "./inventory-types.ts";

export interface Inventoried {
  readonly view: ReadView;
  readonly name: string;
  readonly bucket: BucketRecord;
  readonly inventory: InventoryConfiguration;
}

/** The columns, as a manifest names them. */
export function inventorySchema({ versions, fields }: InventoryConfiguration): string {
  const own = versions === "All" ? ["VersionId", "IsLatest", "IsDeleteMarker"] : [];
  return ["Bucket", "Key", ...own, ...fields].join(", ");
}

/** CSV in the order of keys, each with its newest version first; lines with their ends. */
export async function* inventoryLines(of: Inventoried): AsyncGenerator<string, void> {
  const { inventory, bucket, name } = of;
  const isAll = inventory.versions === "All";
  for await (const { key, record, isLatest } of isAll ? allVersions(of) : currentVersions(of)) {
    const marker = isDeleteMarker(record);
    const versionId = bucket.versioning === undefined ? "" : record.versionId;
    const own = isAll ? [versionId, String(isLatest), String(marker)] : [];
    const told = inventory.fields.map((field) =>
      marker ? markerField(record.lastModified, field) : objectField(record, field),
    );
    yield `${[name, encodedKey(key), ...own, ...told].map(quoted).join(",")}\n`;
  }
}

interface Listed {
  readonly key: string;
  readonly record: VersionRecord;
  readonly isLatest: boolean;
}

function rangeOf(keys: typeof headKeys, { view, bucket, inventory }: Inventoried) {
  const gte = keys.prefix(inventory.prefix ?? "");
  return view.range(bucket.space, { gte, lt: prefixEnd(gte) });
}

async function* currentVersions(of: Inventoried): AsyncGenerator<Listed, void> {
  for await (const { key, value } of rangeOf(headKeys, of)) {
    yield { key: headKeys.name(key), record: unpackVersion(value), isLatest: true };
  }
}

/** Two dense scans side by side: a key's current version comes before its older ones. */
async function* allVersions(of: Inventoried): AsyncGenerator<Listed, void> {
  const heads = rangeOf(headKeys, of);
  const older = rangeOf(versionKeys, of);
  let head = await nextOf(heads, headKeys);
  let old = await nextOf(older, versionKeys);
  let before: string | undefined;
  while (head !== undefined || old !== undefined) {
    const takesHead = old === undefined || (head !== undefined && comesFirst(head, old));
    const { name: key, entry } = (takesHead ? head : old) as Named;
    yield { key, record: unpackVersion(entry.value), isLatest: key !== before };
    before = key;
    if (takesHead) head = await nextOf(heads, headKeys);
    else old = await nextOf(older, versionKeys);
  }
}

interface Named {
  readonly name: string;
  readonly entry: Entry;
}

async function nextOf(
  entries: AsyncIterator<Entry>,
  keys: typeof headKeys,
): Promise<Named | undefined> {
  const next = await entries.next();
  return next.done === true ? undefined : { name: keys.name(next.value.key), entry: next.value };
}

function comesFirst({ name: one }: Named, { name: other }: Named): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) <= 0;
}

function markerField(lastModified: number, field: InventoryField): string {
  return field === "LastModifiedDate" ? new Date(lastModified).toISOString() : "";
}

function objectField(record: ObjectRecord, field: InventoryField): string {
  switch (field) {
    case "Size":
      return String(record.size);
    case "LastModifiedDate":
      return new Date(record.lastModified).toISOString();
    case "ETag":
      return record.etag;
    case "StorageClass":
      return record.storageClass;
    case "IsMultipartUploaded":
      return String(record.partsCount !== undefined);
    case "EncryptionStatus":
      return encryptionOf(record);
    case "ObjectLockRetainUntilDate":
      return record.retention === undefined ? "" : new Date(record.retention.until).toISOString();
    case "ObjectLockMode":
      return record.retention?.mode ?? "";
    case "ObjectLockLegalHoldStatus":
      return record.legalHold === undefined ? "" : record.legalHold ? "On" : "Off";
    case "BucketKeyStatus":
      return record.seal?.by === "aws:kms" && record.seal.bucketKeyEnabled === true
        ? "ENABLED"
        : "DISABLED";
    case "ChecksumAlgorithm":
      return record.checksum?.algorithm ?? "";
  }
}

function encryptionOf({ seal }: ObjectRecord): string {
  switch (seal?.by) {
    case undefined:
      return "NOT-SSE";
    case "AES256":
      return "SSE-S3";
    case "aws:kms":
      return "SSE-KMS";
    case "customer":
      return "SSE-C";
  }
}

/** As in a form: S3 leaves slashes as they are. */
function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
}

function quoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}
