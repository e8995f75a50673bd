import { prefixEnd } from "@firn/core";
import { quoted } from "../conditions.ts";
import { LIST_KEYS_MAX, PARTS_MAX } from "../constants.ts";
import { checkCustomerKey } from "../encryption/seals.ts";
import type { Engine } from "../engine.ts";
import { abortNoticeOf } from "../lifecycle/lifecycle-configuration.ts";
import { partKey, partNumberOf, partsPrefix } from "../layout/key-layout.ts";
import { unpackUploadedPart } from "../layout/records.ts";
import { checkCount } from "../listing/check-count.ts";
import { PagedList } from "../listing/paged-list.ts";
import type { ListPartsRequest, ListedPart, PartsPage } from "../multipart-types.ts";
import { findUpload } from "./uploads.ts";

export function listParts(
  engine: Engine,
  request: ListPartsRequest,
): PagedList<ListedPart, PartsPage> {
  return new PagedList({
    first: () => partsPage(engine, request),
    behind: async ({ isTruncated, nextPartNumberMarker: partNumberMarker }) =>
      isTruncated ? await partsPage(engine, { ...request, partNumberMarker }) : undefined,
    items: (page) => page.parts,
  });
}

async function partsPage(engine: Engine, request: ListPartsRequest): Promise<PartsPage> {
  const limit = checkCount("maxParts", request.maxParts, { min: 0, max: LIST_KEYS_MAX });
  const marker = Math.min(request.partNumberMarker ?? 0, PARTS_MAX);
  const { bucket, upload } = await findUpload(engine, request);
  const { sseCustomerKey } = request;
  if (sseCustomerKey !== undefined) checkCustomerKey(upload.seal, sseCustomerKey);
  using view = engine.store.view();
  const entries = await view.page(bucket.space, {
    gt: partKey(request.uploadId, marker),
    lt: prefixEnd(partsPrefix(request.uploadId)),
    limit: limit + 1,
  });
  const parts = entries.slice(0, limit).map(({ key, value }): ListedPart => {
    const { etag, size, lastModified, checksum } = unpackUploadedPart(value);
    return {
      partNumber: partNumberOf(key),
      eTag: quoted(etag),
      size,
      lastModified: new Date(lastModified),
      checksum,
    };
  });
  return {
    parts,
    isTruncated: limit > 0 && entries.length > limit,
    nextPartNumberMarker: parts.at(-1)?.partNumber ?? marker,
    owner: upload.owner ?? bucket.owner,
    initiator: upload.initiator ?? bucket.owner,
    storageClass: upload.storageClass,
    checksumAlgorithm: upload.checksumAlgorithm,
    checksumType: upload.checksumType,
    abort: await abortNoticeOf(engine, bucket, { key: request.key, initiated: upload.initiated }),
  };
}
