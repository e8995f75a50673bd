import { checkWriteConditions, quoted } from "../conditions.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { headKey, uploadKey } from "../layout/key-layout.ts";
import type { ObjectRecord } from "../layout/records.ts";
import type {
  CompleteMultipartUploadRequest,
  CompleteMultipartUploadResult,
} from "../multipart-types.ts";
import { checkObjectKey } from "../names/object-key.ts";
import { headIn, replaceHead } from "../object-heads.ts";
import { planCompletion } from "./plan-completion.ts";
import { allParts, noSuchUploadError, partsOfUpload, removeUpload, uploadIn } from "./uploads.ts";

/**
 * One transaction of metadata: the object takes over the blobs of its parts. Completing once more
 * answers the same as long as the object is still the one that the upload made.
 */
export async function completeMultipartUpload(
  engine: Engine,
  request: CompleteMultipartUploadRequest,
): Promise<CompleteMultipartUploadResult> {
  const { bucket, key, uploadId } = request;
  checkObjectKey(key);
  const found = await findBucket(engine, request);
  return await engine.store.transact(
    (tx) => {
      const { space } = bucketIn(engine, tx, request);
      const current = headIn(tx, space, key);
      const upload = uploadIn(tx, space, request);
      if (upload === undefined) {
        if (current?.uploadId !== uploadId) throw noSuchUploadError(uploadId);
        return resultOf(current);
      }
      const uploaded = partsOfUpload(tx, space, uploadId);
      const { digests } = engine;
      const { parts, dropped, ...made } = planCompletion({ upload, uploaded, request, digests });
      checkWriteConditions(current, request);
      for (const { blob } of dropped) if (blob !== undefined) tx.releaseBlob(blob);
      removeUpload(tx, space, { request, parts: uploaded });
      const { headers, metadata, storageClass } = upload;
      const attributes = { versionId: "null", headers, metadata, storageClass };
      const record = { ...attributes, ...made, lastModified: tx.now, uploadId };
      replaceHead(tx, { space, key, current, record, parts, manifestId: uploadId });
      return resultOf(record);
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        [found.space, headKey(key)],
        [found.space, uploadKey(key, uploadId)],
      ],
      ranges: [[found.space, allParts(uploadId)]],
    },
  );
}

function resultOf(
  record: Pick<ObjectRecord, "etag" | "size" | "checksum">,
): CompleteMultipartUploadResult {
  return { eTag: quoted(record.etag), size: record.size, checksum: record.checksum };
}
