import { quoted } from "./conditions.ts";
import { LIST_KEYS_MAX } from "./constants.ts";
import { checkCustomerKey } from "./encryption/seals.ts";
import type { Engine } from "./engine.ts";
import { findObject } from "./find-object.ts";
import { partsOf } from "./get-object.ts";
import { checkCount } from "./listing/check-count.ts";
import type { GetObjectAttributesRequest, GetObjectAttributesResult } from "./object-types.ts";
import { shownVersion } from "./object-versions.ts";

export async function getObjectAttributes(
  engine: Engine,
  request: GetObjectAttributesRequest,
): Promise<GetObjectAttributesResult> {
  const maxParts = checkCount("maxParts", request.maxParts, { min: 0, max: LIST_KEYS_MAX });
  const marker = request.partNumberMarker ?? 0;
  const found = await findObject(engine, request);
  const { bucket, record } = found;
  checkCustomerKey(record.seal, request.sseCustomerKey);
  const known = {
    eTag: quoted(record.etag),
    size: record.size,
    lastModified: new Date(record.lastModified),
    storageClass: record.storageClass,
    checksum: record.checksum,
    versionId: shownVersion(bucket, record),
  };
  if (record.partsCount === undefined) return known;
  const behind = (await partsOf(engine, found)).filter(({ number }) => number > marker);
  const parts = behind.slice(0, maxParts).map(({ number: partNumber, size, checksum }) => ({
    partNumber,
    size,
    checksum,
  }));
  return {
    ...known,
    objectParts: {
      totalPartsCount: record.partsCount,
      parts,
      maxParts,
      partNumberMarker: marker,
      nextPartNumberMarker: parts.at(-1)?.partNumber ?? marker,
      isTruncated: maxParts > 0 && behind.length > maxParts,
    },
  };
}
