import { checkWriteConditions, quoted } from "../conditions.ts";
import { checkCustomerKey, encryptionResult } from "../encryption/seals.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { uploadKey } from "../layout/key-layout.ts";
import type { BucketRecord, ObjectRecord } from "../layout/records.ts";
import { noticeOf } from "../lifecycle/lifecycle-configuration.ts";
import type { Ruled } from "../lifecycle/lifecycle-rules.ts";
import { newLock } from "../lock/lock-rules.ts";
import type {
  CompleteMultipartUploadRequest,
  CompleteMultipartUploadResult,
} from "../multipart-types.ts";
import { noteWritten } from "../notifications/outbox.ts";
import { checkObjectKey } from "../names/object-key.ts";
import { headIn, putHead } from "../object-heads.ts";
import { keyReads, makeRoom, shownVersion } from "../object-versions.ts";
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
  const { reads, ranges } = keyReads(found, key);
  const { version, ...made } = await engine.store.transact(
    (tx) => {
      const bucketRecord = bucketIn(engine, tx, request);
      const { space } = bucketRecord;
      const current = headIn(tx, space, key);
      const upload = uploadIn(tx, space, request);
      if (upload === undefined) {
        if (current?.uploadId !== uploadId) throw noSuchUploadError(uploadId);
        return resultOf(bucketRecord, current);
      }
      checkCustomerKey(upload.seal, request.sseCustomerKey);
      const uploaded = partsOfUpload(tx, space, uploadId);
      const { digests } = engine;
      const { parts, dropped, ...made } = planCompletion({ upload, uploaded, request, digests });
      checkWriteConditions(current, request);
      for (const { blob } of dropped) if (blob !== undefined) tx.releaseBlob(blob);
      removeUpload(tx, space, { request, parts: uploaded });
      const { headers, metadata, storageClass, tags, seal, owner, acl, websiteRedirect } = upload;
      const identity = makeRoom(tx, engine, { bucket: bucketRecord, key, current });
      const lock = newLock(bucketRecord, upload, tx.now);
      const beside = { headers, metadata, storageClass, tags, websiteRedirect };
      const attributes = { ...beside, seal, owner, acl, ...lock };
      const record = { ...identity, ...attributes, ...made, lastModified: tx.now, uploadId };
      putHead(tx, { bucket: bucketRecord, key, record, parts, manifestId: uploadId });
      const written = { bucketName: bucket, bucket: bucketRecord, key, record };
      noteWritten(tx, engine, { name: "s3:ObjectCreated:CompleteMultipartUpload", ...written });
      return resultOf(bucketRecord, record);
    },
    {
      reads: [[engine.root, bucketKey(bucket)], [found.space, uploadKey(key, uploadId)], ...reads],
      ranges: [[found.space, allParts(uploadId)], ...ranges],
    },
  );
  return { ...made, expiration: await noticeOf(engine, found, { key, record: version }) };
}

function resultOf(
  bucket: BucketRecord,
  record: Ruled & Pick<ObjectRecord, "etag" | "checksum" | "versionId" | "seal">,
): CompleteMultipartUploadResult & { readonly version: Ruled } {
  const { etag, size, checksum } = record;
  const versionId = shownVersion(bucket, record);
  const made = { eTag: quoted(etag), size, checksum, versionId, version: record };
  return { ...made, ...encryptionResult(record.seal) };
}
