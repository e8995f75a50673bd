import { LIST_KEYS_MAX } from "../constants.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { behindKey, uploadIdOf, uploadKey, uploadKeys } from "../layout/key-layout.ts";
import { unpackUpload } from "../layout/records.ts";
import { checkCount } from "../listing/check-count.ts";
import { listNames, startAfterName } from "../listing/list-names.ts";
import type { Listed, ListQuery } from "../listing/list-names.ts";
import { PagedList } from "../listing/paged-list.ts";
import type { ListMultipartUploadsRequest, ListedUpload, UploadsPage } from "../multipart-types.ts";

export function listMultipartUploads(
  engine: Engine,
  request: ListMultipartUploadsRequest,
): PagedList<ListedUpload, UploadsPage> {
  return new PagedList({
    first: () => uploadsPage(engine, request),
    behind: async ({ isTruncated, nextKeyMarker, nextUploadIdMarker }) => {
      if (!isTruncated) return undefined;
      const markers = { keyMarker: nextKeyMarker, uploadIdMarker: nextUploadIdMarker };
      return await uploadsPage(engine, { ...request, ...markers });
    },
    items: (page) => page.uploads,
  });
}

async function uploadsPage(
  engine: Engine,
  request: ListMultipartUploadsRequest,
): Promise<UploadsPage> {
  const bounds = { min: 0, max: LIST_KEYS_MAX };
  const limit = checkCount("maxUploads", request.maxUploads, bounds);
  const bucket = await findBucket(engine, request);
  const query = { prefix: request.prefix ?? "", delimiter: request.delimiter ?? "", limit };
  using view = engine.store.view();
  const listed = await listNames((page) => view.page(bucket.space, page), uploadKeys, {
    ...query,
    start: startOf(request, query),
  });
  const last = listed.truncated ? listed.found.at(-1) : undefined;
  return {
    uploads: listed.found.flatMap((one) => listedUpload(one, bucket.owner)),
    commonPrefixes: listed.found.flatMap((one) => (one.kind === "prefix" ? [one.name] : [])),
    isTruncated: listed.truncated,
    nextKeyMarker: last?.name,
    nextUploadIdMarker: last?.kind === "entry" ? uploadIdOf(last.entry.key) : undefined,
    owner: bucket.owner,
  };
}

function startOf(
  { keyMarker, uploadIdMarker }: ListMultipartUploadsRequest,
  query: ListQuery,
): Uint8Array | undefined {
  if (keyMarker === undefined) return undefined;
  if (uploadIdMarker === undefined) return startAfterName(uploadKeys, keyMarker, query);
  return behindKey(uploadKey(keyMarker, uploadIdMarker));
}

function listedUpload(one: Listed, bucketOwner: string): ListedUpload[] {
  if (one.kind === "prefix") return [];
  const upload = unpackUpload(one.entry.value);
  return [
    {
      key: one.name,
      uploadId: uploadIdOf(one.entry.key),
      initiated: new Date(upload.initiated),
      storageClass: upload.storageClass,
      checksumAlgorithm: upload.checksumAlgorithm,
      checksumType: upload.checksumType,
      owner: upload.owner ?? bucketOwner,
      initiator: upload.initiator ?? bucketOwner,
    },
  ];
}
